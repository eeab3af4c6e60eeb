// Opens /start, which needs no sign-in, from outside, and raises an alert when it does not answer.
// Costs about half a US cent for ten runs; every run may start an instance, which takes seconds.

param location string
param tags object
param nameSuffix string

@description('Address of the landing page.')
param siteUrl string

@description('Name of the Application Insights of front.')
param applicationInsightsName string

@description('Resource IDs of the action groups that are notified.')
param actionGroupIds array

param runbookUrl string

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// Without the hidden link the portal does not show it beside the app.
resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'availability-${nameSuffix}'
  location: location
  tags: union(tags, {
    'hidden-link:${applicationInsights.id}': 'Resource'
  })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'availability-${nameSuffix}'
    Name: 'The public page'
    Kind: 'standard'
    Enabled: true
    Frequency: 900
    Timeout: 60
    RetryEnabled: true
    Locations: [
      {
        Id: 'emea-nl-ams-azr'
      }
      {
        Id: 'us-va-ash-azr'
      }
      {
        Id: 'apac-sg-sin-azr'
      }
    ]
    Request: {
      RequestUrl: '${siteUrl}/start'
      HttpVerb: 'GET'
      FollowRedirects: false
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-page-unreachable-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'What to do: ${runbookUrl}#page-unreachable'
    severity: 1
    enabled: true
    scopes: [test.id, applicationInsights.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: applicationInsights.id
      failedLocationCount: 2
    }
    actions: [for id in actionGroupIds: {
      actionGroupId: id
    }]
  }
}
