// The queries of infra/monitoring/queries, saved with the app whose logs they read.

param workspaceName string

@description('{name, title, query} of each query.')
param queries array

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource saved 'Microsoft.OperationalInsights/workspaces/savedSearches@2023-09-01' = [for item in queries: {
  parent: workspace
  name: 'mfa-${item.name}'
  etag: '*'
  properties: {
    category: 'MFA Pre-Enrollment'
    displayName: item.title
    query: item.query
    version: 2
  }
}]
