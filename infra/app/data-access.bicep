// What one identity may do with the shared queues and tables. Each right is for one queue or one table, never the account.

@description('Storage account that holds the queues and tables.')
param storageAccountName string

@description('Principal ID of the identity.')
param principalId string

@description('Queues that it only adds messages to.')
param sendsTo array = []

@description('Queues that it processes: it takes, deletes and returns messages, and moves them to the poison queue.')
param worksOn array = []

@description('Queues that it only reads: how many messages there are, and what they say.')
param looksAt array = []

@description('Tables that it only reads.')
param reads array = []

@description('Tables that it only adds rows to.')
param addsTo array = []

@description('The role that lets it add rows (inbox-role.bicep); empty for Storage Table Data Contributor, which also lets it read and change them.')
param adderRoleId string = ''

@description('Tables that it reads and writes.')
param writes array = []

var definitions = 'Microsoft.Authorization/roleDefinitions'
var queueMessageSender = subscriptionResourceId(definitions, 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a')
var queueDataReader = subscriptionResourceId(definitions, '19e7f393-937e-4f77-808e-94535e297925')
var queueDataContributor = subscriptionResourceId(definitions, '974c5e8b-45b9-4653-ba55-5f855dd0fb88')
var tableDataReader = subscriptionResourceId(definitions, '76199698-9eea-4c19-bc75-cec21354c6b6')
var tableDataContributor = subscriptionResourceId(definitions, '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3')

var adderRole = empty(adderRoleId) ? tableDataContributor : adderRoleId

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource sendQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [for name in sendsTo: {
  parent: queueService
  name: name
}]

resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in sendsTo: {
  scope: sendQueue[i]
  name: guid(sendQueue[i].id, principalId, queueMessageSender)
  properties: {
    roleDefinitionId: queueMessageSender
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource workQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [for name in worksOn: {
  parent: queueService
  name: name
}]

resource worker 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in worksOn: {
  scope: workQueue[i]
  name: guid(workQueue[i].id, principalId, queueDataContributor)
  properties: {
    roleDefinitionId: queueDataContributor
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource lookQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [for name in looksAt: {
  parent: queueService
  name: name
}]

resource onlooker 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in looksAt: {
  scope: lookQueue[i]
  name: guid(lookQueue[i].id, principalId, queueDataReader)
  properties: {
    roleDefinitionId: queueDataReader
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource readTable 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = [for name in reads: {
  parent: tableService
  name: name
}]

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in reads: {
  scope: readTable[i]
  name: guid(readTable[i].id, principalId, tableDataReader)
  properties: {
    roleDefinitionId: tableDataReader
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource addTable 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = [for name in addsTo: {
  parent: tableService
  name: name
}]

resource adder 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in addsTo: {
  scope: addTable[i]
  name: guid(addTable[i].id, principalId, adderRole)
  properties: {
    roleDefinitionId: adderRole
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource writeTable 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = [for name in writes: {
  parent: tableService
  name: name
}]

resource writer 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in writes: {
  scope: writeTable[i]
  name: guid(writeTable[i].id, principalId, tableDataContributor)
  properties: {
    roleDefinitionId: tableDataContributor
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]
