// A right that no built-in role gives alone: to add rows to a table, and neither to read nor to change one.

@description('Suffix of the name of the role, which must be unique in the tenant.')
param nameSuffix string

resource adder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'table rows adder')
  properties: {
    roleName: 'MFA Pre-Enrollment table rows adder ${nameSuffix}'
    description: 'Adds rows to tables; reads, changes and deletes none.'
    type: 'CustomRole'
    permissions: [
      {
        actions: []
        dataActions: ['Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action']
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

output id string = adder.id
