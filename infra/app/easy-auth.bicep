// App Service authentication ("Easy Auth") in front of the landing page.

@description('Function app to protect.')
param siteName string

param tenantId string

@description('Client ID of the app registration; its redirect URI is {site}/.auth/login/aad/callback.')
param clientId string

@description('Whether the managed identity is the credential of the app registration (a federated credential; preview).')
param federatedCredential bool

@description('Names of the HR sources, whose addresses require no sign-in.')
param hrSources array = []

// What an invitation links to: static, without identity, complete in itself.
var publicPaths = ['/start']
var webhookPaths = [for name in hrSources: '/api/hires/${name}']

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
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      // Whole addresses, never a prefix: below an excluded path the sign-in header means nothing. The webhooks
      // prove themselves by signature, and the public page looks at no header.
      excludedPaths: concat(publicPaths, webhookPaths)
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
          // No secret. Without any credential Easy Auth asks for an ID token only, and that is what makes Conditional
          // Access judge this app by itself (entra-docs, concept-conditional-access-cloud-apps.md).
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
          clientId: clientId
          // The name of an app setting that holds the identity's client id, never a secret.
          clientSecretSettingName: federatedCredential ? 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID' : null
        }
        login: {
          // OpenID Connect scopes only. User.Read would bring Microsoft Graph into the sign-in.
          loginParameters: ['scope=openid profile email']
        }
      }
    }
    login: {
      // Off: nothing uses tokens after sign-in, and Flex Consumption has no disk that instances share. Claims then
      // keep the token's own names (oid, tid), which landing/principal.py takes as well as the long ones.
      tokenStore: {
        enabled: false
      }
    }
  }
}
