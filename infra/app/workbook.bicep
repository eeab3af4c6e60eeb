// One page to look at: the funnel, sweeps, messages, Microsoft Graph, webhooks, passes, operations. Made of infra/monitoring/queries.

param location string
param tags object

@description('Names of the workspaces of the apps.')
param frontWorkspaceName string
param peopleWorkspaceName string
param tenantWorkspaceName string

@description('Name of the workspace of passes; if there is no such app, the name of any other, which then has nothing to show.')
param passesWorkspaceName string

// python -m local documents writes the file; the queries in it stand in infra/monitoring/queries as well.
var content = loadTextContent('../monitoring/workbook.json')
var withFront = replace(content, '{{front}}', frontWorkspace.id)
var withPeople = replace(withFront, '{{people}}', peopleWorkspace.id)
var withPasses = replace(withPeople, '{{passes}}', passesWorkspace.id)

resource frontWorkspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: frontWorkspaceName
}

resource peopleWorkspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: peopleWorkspaceName
}

resource tenantWorkspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: tenantWorkspaceName
}

resource passesWorkspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: passesWorkspaceName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'mfa-pre-enrollment')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'MFA Pre-Enrollment'
    category: 'workbook'
    sourceId: peopleWorkspace.id
    version: 'Notebook/1.0'
    serializedData: replace(withPasses, '{{tenant}}', tenantWorkspace.id)
  }
}
