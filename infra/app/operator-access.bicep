// What the person who deploys may do with the data: use the command line, and put secrets into the vaults.

@description('Object ID of the person or the pipeline.')
param principalId string

@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string

param storageAccountName string

@description('Names of the vaults that secrets are added to.')
param vaultNames array

var definitions = 'Microsoft.Authorization/roleDefinitions'
// Storage Queue Data Contributor, Storage Table Data Contributor, Key Vault Secrets Officer
var queueDataContributor = subscriptionResourceId(definitions, '974c5e8b-45b9-4653-ba55-5f855dd0fb88')
var tableDataContributor = subscriptionResourceId(definitions, '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3')
var secretsOfficer = subscriptionResourceId(definitions, 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = [for name in vaultNames: {
  name: name
}]

resource queues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId, queueDataContributor)
  properties: {
    roleDefinitionId: queueDataContributor
    principalId: principalId
    principalType: principalType
  }
}

resource tables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId, tableDataContributor)
  properties: {
    roleDefinitionId: tableDataContributor
    principalId: principalId
    principalType: principalType
  }
}

resource secrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in vaultNames: {
  scope: vault[i]
  name: guid(vault[i].id, principalId, secretsOfficer)
  properties: {
    roleDefinitionId: secretsOfficer
    principalId: principalId
    principalType: principalType
  }
}]
