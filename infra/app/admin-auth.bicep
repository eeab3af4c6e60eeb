// App Service authentication ("Easy Auth") in front of the administration API: a token of Entra, or 401.
//
// It checks who issued the token, which audience it is for, and which client asked for it. App roles are checked by the
// code (provisioning/administrators.py). No path is excluded.

@description('Function app to protect.')
param siteName string

param tenantId string

@description('Client ID of the app registration of the API (infra/admin-api.json).')
param clientId string

@description('Client IDs that may request its tokens, in addition to the registration itself and the Azure CLI.')
param applicationIds array

// The Azure CLI: az account get-access-token.
var azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: siteName
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: []
    }
    httpSettings: {
      requireHttps: true
      forwardProxy: {
        convention: 'NoProxy'
      }
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          // Version 2, as the registration's requestedAccessTokenVersion says: tokens of version 1 have another issuer.
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
          clientId: clientId
        }
        validation: {
          allowedAudiences: [clientId, 'api://${clientId}']
          // Never left out: with audiences alone the platform answers 403 to every valid token
          // (pnp/Microsoft365-Analytics-Insights#264).
          defaultAuthorizationPolicy: {
            allowedApplications: concat([clientId, azureCli], applicationIds)
          }
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}
