// Who is told when something stops: a mail, or an action group of your own. Each rule is a query on one app's logs.
//
// What to do is in docs/operations.md, under the rule's own name. Every rule reads with an identity of its own: without
// one it would have the rights of the person who edited it last.

param location string
param tags object
param nameSuffix string

@description('Where docs/operations.md can be read. Every alert links to it, with the name of the rule behind a #.')
param runbookUrl string

@description('Names of the workspaces of the apps.')
param frontWorkspaceName string
param peopleWorkspaceName string
param tenantWorkspaceName string

@description('Name of the workspace of passes; empty if there is no such app.')
param passesWorkspaceName string

@description('Whether messages are sent, so that their absence is a fault.')
param withMessages bool

@description('Mail addresses that receive alerts, separated by commas; empty for none.')
param emails string

@description('Resource ID of your own action group; empty for none.')
param actionGroupId string

@description('How long there may be no sweep: three to four intervals of its schedule.')
param sweepWindow string

// Log Analytics Reader
var logReader = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '73c42c96-874c-492b-b04d-ab87d138a893')

var workspaceNames = {
  front: frontWorkspaceName
  people: peopleWorkspaceName
  tenant: tenantWorkspaceName
  passes: passesWorkspaceName
}
// Each once: where one app runs everything, all of them are the same (union takes equal items once).
var readNames = union([frontWorkspaceName], [peopleWorkspaceName], [tenantWorkspaceName], empty(passesWorkspaceName) ? [] : [passesWorkspaceName])

var poisonQuery = loadTextContent('../monitoring/alerts/poison.kql')
var failedRunsQuery = loadTextContent('../monitoring/alerts/failed-runs.kql')
var logCapQuery = loadTextContent('../monitoring/alerts/log-cap.kql')

// measure: the column to add up; empty to count rows. Where nothing is the fault, the operator is LessThan 1.
var rules = [
  { name: 'sweep-stopped', app: 'people', title: 'The sweep has stopped', severity: 1, window: sweepWindow, frequency: 'PT15M', operator: 'LessThan', threshold: 1, measure: '', query: loadTextContent('../monitoring/alerts/sweep-stopped.kql') }
  { name: 'sweep-failing', app: 'people', title: 'Sweeps run and fail', severity: 2, window: sweepWindow, frequency: 'PT15M', operator: 'GreaterThan', threshold: 2, measure: '', query: loadTextContent('../monitoring/alerts/sweep-failing.kql') }
  { name: 'sweep-brake', app: 'people', title: 'A sweep was stopped by its limits', severity: 2, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/sweep-brake.kql') }
  { name: 'unexpected-registration', app: 'people', title: 'A method was registered that nobody expected', severity: 1, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/unexpected-registration.kql') }
  { name: 'poison-people', app: 'people', title: 'Messages were given up', severity: 2, window: sweepWindow, frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: poisonQuery }
  { name: 'failed-runs-people', app: 'people', title: 'Functions of people fail', severity: 3, window: 'PT1H', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: failedRunsQuery }
  { name: 'silent-people', app: 'people', title: 'People logs nothing at all', severity: 1, window: 'PT2H', frequency: 'PT30M', operator: 'LessThan', threshold: 1, measure: '', query: loadTextContent('../monitoring/alerts/silent.kql') }
  { name: 'log-cap-people', app: 'people', title: 'People\'s logs reached their daily cap', severity: 2, window: 'PT1H', frequency: 'PT30M', operator: 'GreaterThan', threshold: 0, measure: '', query: logCapQuery }
  { name: 'guard-lost', app: 'tenant', title: 'What protects people is not in force, or was changed', severity: 1, window: 'P1D', frequency: 'PT1H', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/guard-lost.kql') }
  { name: 'watch-stopped', app: 'tenant', title: 'Nobody looks at the tenant\'s policies', severity: 2, window: 'P2D', frequency: 'PT6H', operator: 'LessThan', threshold: 1, measure: '', query: loadTextContent('../monitoring/alerts/watch-stopped.kql') }
  { name: 'poison-tenant', app: 'tenant', title: 'Operations were given up', severity: 2, window: 'P1D', frequency: 'PT1H', operator: 'GreaterThan', threshold: 0, measure: '', query: poisonQuery }
  { name: 'failed-runs-tenant', app: 'tenant', title: 'Functions of tenant fail', severity: 3, window: 'PT1H', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: failedRunsQuery }
  { name: 'log-cap-tenant', app: 'tenant', title: 'Tenant\'s logs reached their daily cap', severity: 2, window: 'PT1H', frequency: 'PT30M', operator: 'GreaterThan', threshold: 0, measure: '', query: logCapQuery }
  { name: 'refused-deliveries', app: 'front', title: 'Deliveries of HR are refused', severity: 3, window: 'PT1H', frequency: 'PT15M', operator: 'GreaterThan', threshold: 20, measure: 'Deliveries', query: loadTextContent('../monitoring/alerts/refused-deliveries.kql') }
  { name: 'sign-in-not-trusted', app: 'front', title: 'Easy Auth does not protect the page', severity: 1, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/sign-in-not-trusted.kql') }
  { name: 'front-errors', app: 'front', title: 'The page or the webhooks fail', severity: 2, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 10, measure: '', query: loadTextContent('../monitoring/alerts/front-errors.kql') }
  { name: 'log-cap-front', app: 'front', title: 'Front\'s logs reached their daily cap', severity: 2, window: 'PT1H', frequency: 'PT30M', operator: 'GreaterThan', threshold: 0, measure: '', query: logCapQuery }
]

var messageRules = [
  { name: 'messages-closed', app: 'people', title: 'Messages to people cannot be sent', severity: 2, window: 'PT1H', frequency: 'PT30M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/messages-closed.kql') }
  { name: 'messages-stopped', app: 'people', title: 'The messages\' timer has stopped', severity: 2, window: 'PT1H', frequency: 'PT15M', operator: 'LessThan', threshold: 1, measure: '', query: loadTextContent('../monitoring/alerts/messages-stopped.kql') }
  { name: 'messages-stuck', app: 'people', title: 'No message was sent, and some are due', severity: 2, window: 'PT6H', frequency: 'PT1H', operator: 'GreaterThan', threshold: 0, measure: 'Stuck', query: loadTextContent('../monitoring/alerts/messages-stuck.kql') }
  { name: 'messages-lost', app: 'people', title: 'Messages were refused, or their fate is unknown', severity: 3, window: 'PT1H', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/messages-lost.kql') }
]

// Most days nobody asks the passes app for anything: its timer shows that it runs, and front knows who waits in vain.
var passRules = [
  { name: 'pass-unanswered', app: 'front', title: 'A request for a pass was not answered', severity: 1, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/pass-unanswered.kql') }
  { name: 'pass-not-possible', app: 'passes', title: 'Passes cannot be made', severity: 2, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/pass-not-possible.kql') }
  { name: 'pass-brake', app: 'passes', title: 'A request for a pass met a brake', severity: 2, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/pass-brake.kql') }
  { name: 'pass-unknown', app: 'passes', title: 'Nobody knows whether a pass was made', severity: 2, window: 'PT30M', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: loadTextContent('../monitoring/alerts/pass-unknown.kql') }
  { name: 'pass-lapsed', app: 'passes', title: 'Passes were made and nobody took them', severity: 3, window: 'PT6H', frequency: 'PT1H', operator: 'GreaterThan', threshold: 2, measure: '', query: loadTextContent('../monitoring/alerts/pass-lapsed.kql') }
  { name: 'passes-stopped', app: 'passes', title: 'The passes app does not run', severity: 2, window: 'P2D', frequency: 'PT6H', operator: 'LessThan', threshold: 1, measure: '', query: loadTextContent('../monitoring/alerts/passes-stopped.kql') }
  { name: 'poison-passes', app: 'passes', title: 'Requests for passes were given up', severity: 2, window: 'P1D', frequency: 'PT1H', operator: 'GreaterThan', threshold: 0, measure: '', query: poisonQuery }
  { name: 'failed-runs-passes', app: 'passes', title: 'The function of passes fails', severity: 3, window: 'PT1H', frequency: 'PT15M', operator: 'GreaterThan', threshold: 0, measure: '', query: failedRunsQuery }
  { name: 'log-cap-passes', app: 'passes', title: 'The logs of passes reached their daily cap', severity: 2, window: 'PT1H', frequency: 'PT30M', operator: 'GreaterThan', threshold: 0, measure: '', query: logCapQuery }
]

var wantedRules = concat(rules, withMessages ? messageRules : [], empty(passesWorkspaceName) ? [] : passRules)

var addresses = empty(emails) ? [] : split(replace(emails, ' ', ''), ',')
var ownGroup = empty(emails) ? [] : [mailGroup.id]
var givenGroup = empty(actionGroupId) ? [] : [actionGroupId]

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = [for name in readNames: {
  name: name
}]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-alerts-${nameSuffix}'
  location: location
  tags: tags
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in readNames: {
  scope: workspace[i]
  name: guid(workspace[i].id, identity.id, logReader)
  properties: {
    roleDefinitionId: logReader
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}]

resource mailGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: 'ag-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'mfa-preenrol'
    enabled: true
    emailReceivers: [for (address, i) in addresses: {
      name: 'mail-${i}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

// skipQueryValidation: on a fresh workspace the tables do not exist yet, and the deployment would fail
// (mspnp/aks-baseline#422). The queries are checked before that, by tests/infra/test_queries.py.
resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for item in wantedRules: {
  name: 'alert-${item.name}-${nameSuffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    displayName: item.title
    description: 'What to do: ${runbookUrl}#${item.name}'
    severity: item.severity
    enabled: true
    scopes: [resourceId('Microsoft.OperationalInsights/workspaces', workspaceNames[item.app])]
    evaluationFrequency: item.frequency
    windowSize: item.window
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: item.query
          timeAggregation: empty(item.measure) ? 'Count' : 'Total'
          metricMeasureColumn: empty(item.measure) ? null : item.measure
          operator: item.operator
          threshold: item.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: concat(ownGroup, givenGroup)
      customProperties: {
        runbook: '${runbookUrl}#${item.name}'
      }
    }
  }
  dependsOn: [reads]
}]

output actionGroupIds array = concat(ownGroup, givenGroup)
