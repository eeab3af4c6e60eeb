// A storage account without keys. Used four times: one for the data all apps share, one for each app's host and package.

@minLength(3)
@maxLength(24)
@description('Name of the account, unique in Azure: lowercase letters and digits only.')
param name string

param location string
param tags object

@description('Blob containers to create.')
param containers array = []

@description('Queues to create.')
param queues array = []

@description('Tables to create.')
param tables array = []

@description('Principal ID of the identity that owns all blobs here; empty for none.')
param blobOwnerPrincipalId string = ''

@description('Whether it can be reached from outside the virtual network.')
param publicAccess bool

// Storage Blob Data Owner: what the host needs for its locks, timers and keys
// (azure-docs, includes/functions-azurewebjobsstorage-permissions.md).
var blobDataOwner = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [for containerName in containers: {
  parent: blobService
  name: containerName
}]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [for queueName in queues: {
  parent: queueService
  name: queueName
}]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [for tableName in tables: {
  parent: tableService
  name: tableName
}]

resource blobOwner 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(blobOwnerPrincipalId)) {
  scope: account
  name: guid(account.id, blobOwnerPrincipalId, blobDataOwner)
  properties: {
    roleDefinitionId: blobDataOwner
    principalId: blobOwnerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
