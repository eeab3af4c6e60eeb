// The HR systems' secrets, which an admin puts in as hr-<source>: so none stands in a parameter or in azd's files.
// Front alone reads them, through references in its app settings.
// No purge protection: it could not be undone, and these secrets can always be had again from the HR system.

@minLength(3)
@maxLength(24)
param name string

param location string
param tags object

@description('Principal id of the identity that may read the secrets.')
param readerPrincipalId string

// Key Vault Secrets User
var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    softDeleteRetentionInDays: 7
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, readerPrincipalId, secretsUser)
  properties: {
    roleDefinitionId: secretsUser
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output name string = vault.name
