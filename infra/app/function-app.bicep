// One function app on Flex Consumption with its plan (which holds one app), its host's own storage and its rights there.
//
// The host's blobs hold the deployment package and the function keys. An account of its own for each app means that
// front, which faces the internet, can neither change the code of the others nor read their keys.

@maxLength(32)
@description('Name of the app. The host truncates its ID to 32 characters (azure-functions-host#2015).')
param name string

@description('Name of the service in azure.yaml.')
param serviceName string

param location string
param tags object

@description('Resource ID of the user-assigned identity that the app uses for everything.')
param identityId string

@description('Its client ID, with which the app requests tokens.')
param identityClientId string

@description('Its principal ID, to which roles are assigned.')
param identityPrincipalId string

@description('Name of the storage account to create for the blobs of the host.')
param hostStorageName string

@description('Queue service of the shared storage account.')
param queueServiceUri string

@description('Table service of the shared storage account.')
param tableServiceUri string

param applicationInsightsName string

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('How many requests one instance takes at a time; the handlers wait more than they work.')
param httpConcurrency int = 16

@description('How many instances are always ready for requests.')
param alwaysReady int = 0

@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Subnet for outbound calls of the app; empty for none.')
param subnetId string

@description('IP address ranges that may call the app, in CIDR form; empty for all.')
param allowedIpRanges array = []

@description('Whether the app gets its own address as LANDING_URL, unless appSettings has another.')
param tellsLandingUrl bool = false

@description('App settings of this role, in addition to those of every app.')
param appSettings object

var packageContainer = 'package'

// Monitoring Metrics Publisher
var metricsPublisher = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')

// Never WEBSITE_AUTH_ENABLED: the platform sets it, and the page trusts the sign-in header because of it.
var platformSettings = {
  AzureWebJobsStorage__blobServiceUri: hostStorage.outputs.blobEndpoint
  AzureWebJobsStorage__queueServiceUri: queueServiceUri
  AzureWebJobsStorage__tableServiceUri: tableServiceUri
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsDisableHomepage: 'true'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

var ownAddress = tellsLandingUrl ? {
  LANDING_URL: 'https://${site.properties.defaultHostName}'
} : {}

var ipRules = [for (range, i) in allowedIpRanges: {
  name: 'allowed-${i}'
  action: 'Allow'
  ipAddress: range
  priority: 100 + i
}]
// Nothing more: Flex Consumption refuses several of the usual ones (tests/infra/test_flex.py lists them with sources).
var accessRules = empty(allowedIpRanges) ? {} : {
  ipSecurityRestrictionsDefaultAction: 'Deny'
  ipSecurityRestrictions: ipRules
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

module hostStorage 'storage.bicep' = {
  name: 'storage-${serviceName}'
  params: {
    name: hostStorageName
    location: location
    tags: tags
    containers: [packageContainer]
    blobOwnerPrincipalId: identityPrincipalId
    publicAccess: empty(subnetId)
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, identityPrincipalId, metricsPublisher)
  properties: {
    roleDefinitionId: metricsPublisher
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, {
    'azd-service-name': serviceName
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // Only when the app is made, and any certificate needs it. The types of this version do not know it yet.
    #disable-next-line BCP037
    siteScopedCertificatesEnabled: true
    siteConfig: union({
      minTlsVersion: '1.2'
    }, accessRules)
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.outputs.blobEndpoint}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReady
          }
        ]
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'appsettings'
  properties: union(platformSettings, ownAddress, appSettings)
}

// Children of one site one after the other: written side by side, one of them gets a 409.
// Deployments sign in to Entra; user name and password are of no use.
resource scmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
  dependsOn: [settings]
}

resource ftpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
  dependsOn: [scmPassword]
}

output name string = site.name
output verificationId string = site.properties.customDomainVerificationId
output url string = 'https://${site.properties.defaultHostName}'
