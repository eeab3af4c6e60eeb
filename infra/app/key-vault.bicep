// Secrets that an admin puts in by hand: so none stands in a parameter or in azd's files. Apps read them through
// references in their settings: the HR systems' (hr-<source>) front alone, the key for addresses front and people.
// Purge protection is a choice: it cannot be undone, and these secrets can always be had again or made anew.

@minLength(3)
@maxLength(24)
param name string

param location string
param tags object

@description('Principal IDs of the identities that may read the secrets.')
param readerPrincipalIds array

@description('Whether a deleted vault cannot be purged before its retention ends. This cannot be undone.')
param purgeProtection bool

@description('Whether it can be reached from outside the virtual network.')
param publicAccess bool

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
    // False is refused for a vault that once had it, so it is not said.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource readers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for principalId in readerPrincipalIds: {
  scope: vault
  name: guid(vault.id, principalId, secretsUser)
  properties: {
    roleDefinitionId: secretsUser
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

output name string = vault.name
