// The HR systems' secrets. Front alone reads them, through references in its app settings.
// No purge protection: it could not be undone, and these secrets can always be had again from the HR system.

@minLength(3)
@maxLength(24)
param name string

param location string
param tags object

@description('Principal id of the identity that may read the secrets.')
param readerPrincipalId string

@secure()
@description('Made only if not empty.')
param hrSecretStandardWebhooks string = ''

@secure()
@description('Made only if not empty.')
param hrSecretBamboohr string = ''

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

resource standardWebhooks 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(hrSecretStandardWebhooks)) {
  parent: vault
  name: 'hr-standard-webhooks'
  properties: {
    value: hrSecretStandardWebhooks
  }
}

resource bamboohr 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(hrSecretBamboohr)) {
  parent: vault
  name: 'hr-bamboohr'
  properties: {
    value: hrSecretBamboohr
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

@description('Address of the vault, with a slash at its end.')
output uri string = vault.properties.vaultUri
