// The whole deployment: one resource group, three function apps from one package, three identities; a fourth where wanted.
// For trying out, one app with one identity instead (singleApp).
// Follows the conventions of the Azure Developer CLI (azd): tags, UPPER_CASE outputs. How to use it: README.md here.

targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the azd environment; part of the resource group\'s name.')
param environmentName string

// Regions that offer Flex Consumption, as Microsoft's own template for Python lists them (Azure-Samples, functions-quickstart-
// python-http-azd, infra/main.bicep). What offers it today: az functionapp list-flexconsumption-locations. Add yours if it is new.
@allowed([
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westcentralus'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
])
@metadata({
  azd: {
    type: 'location'
  }
})
@description('Azure region. It must offer Flex Consumption.')
param location string

@minLength(36)
@description('Object IDs of the emergency accounts, separated by commas. No policy may ever apply to them.')
param breakGlassUserIds string

@description('FOR TRYING OUT ONLY. Whether one app with one identity runs everything, so that an attacker who takes over the page holds every right. There is no administration API; use the command line instead. It cannot be changed later: create another environment.')
param singleApp bool = false

@description('Client ID of the app registration that people sign in to. It is known only after the first POST /api/tenant.')
param authClientId string = ''

@description('Client ID of the app registration of the administration API (infra/admin-api.json). Without it, that API is closed.')
param adminClientId string = ''

@description('Client IDs of workloads that may use the administration API in addition to the Azure CLI, separated by commas.')
param adminApplicationIds string = ''

@description('Whether a function key opens the administration API where adminClientId is empty. For trying out only.')
param adminFunctionKeys bool = false

@description('Display name of everything that is created in the tenant.')
param displayName string = 'MFA Pre-Enrollment'

@description('Whether the identity of front is the credential of the app registration (preview). Without it, Easy Auth needs no credential.')
param federatedCredential bool = false

@description('Picture of the tile: path of a PNG of 215 x 215 pixels in the package; empty for the picture that is included.')
param logoFile string = ''

@description('Whether only assigned people get a token. If not, everyone else reaches the page, which tells them that they were not invited.')
param assignmentRequired bool = false

@allowed(['group', 'all'])
@description('Which users the policy includes: the members of the group, or everyone.')
param policyUsers string = 'group'

@description('Name or ID of the authentication strength that the policy requires; empty for MFA of any kind.')
param authenticationStrength string = ''

@allowed(['off', 'mfa', 'mfa_or_trusted_location'])
@description('Whether a second policy protects the registration of security information, and what it requires.')
param registrationPolicy string = 'off'

@allowed(['all', 'group'])
@description('Which users the second policy includes: all members of the tenant, or only the enrollment group. It never includes guests or emergency accounts.')
param registrationPolicyUsers string = 'all'

@description('Confirmation by an admin that registration is protected by other means, or may stay unprotected.')
param acknowledgeUnprotectedRegistration bool = false

@allowed(['restore', 'purge'])
@description('What happens to an object of this product that is in the recycle bin when it is needed again.')
param softDeleted string = 'restore'

@description('Object IDs, separated by commas, of everyone who may own the group and the app registration in addition to this product.')
param expectedOwnerIds string = ''

@description('Name of the organization, as the landing page shows it.')
param organizationName string = ''

@description('Where people get help, as the landing page shows it.')
param helpContact string = ''

@description('Logo on the landing page, an SVG or PNG of at most 8 KiB: path of a file in the package, or https address of a blob; empty for none.')
param pageLogoFile string = ''

@description('Color of the buttons and links of the landing page, such as #0b5cad; adjusted where its contrast is too low.')
param pageColor string = ''

@description('Your own sentences in each language: path of a TOML file in the package; empty for none.')
param pageTextsFile string = ''

@description('Address of the privacy notice, https only; empty for no link.')
param privacyUrl string = ''

@description('Address of the legal notice, https only; empty for no link.')
param imprintUrl string = ''

@allowed(['', 'formal', 'informal'])
@description('How formally the page addresses people in languages that distinguish; empty for the usual form of each language.')
param formOfAddress string = ''

@description('Language of the page, such as de or pt-BR, where a browser asks for none of its languages.')
param defaultLanguage string = 'en'

@description('Time zone of the days and times on the page, such as Europe/Berlin.')
param timeZone string = 'UTC'

@description('Day from which Microsoft no longer delivers codes by text message or call; never, if you have your own telephony provider.')
param phoneSignInEnds string = '2027-02-01'

@description('Names of the HR sources in use, including those of your own profiles, separated by commas, such as bamboohr,greenhouse. Only these can be reached. Add their secrets to the vault by hand.')
param hrSources string = ''

@description('Public key that seals the work addresses that HR announces (python -m provisioning sources keys); empty where people are found by ID only. Add the private key to a vault by hand.')
param hrAddressPublicKey string = ''

@description('Settings of single HR sources other than their secrets, separated by semicolons, such as HR_ID_ATTRIBUTE_HIBOB: extensionAttribute7; HR_HEADER_UKG: X-Hook-Key.')
param hrSourceSettings string = ''

@description('Addresses of the systems that receive events about people, by name, separated by semicolons, such as hr: https://hr.example.com/hooks; empty for none. Add their secrets to the vault by hand, as outgoing-NAME.')
param outgoingWebhooks string = ''

@description('Whether those systems also receive events about Temporary Access Passes: offered, made, taken back.')
param outgoingPassEvents bool = false

@description('Directory of your own HR profiles: its path in the package; empty for none.')
param hrProfilesDir string = ''

@description('When the sweep runs: NCRONTAB of six fields, UTC.')
param sweepSchedule string = '0 */15 * * * *'

@minValue(1)
@description('How many minutes old the last sweep may be before GET /api/health reports a fault: about three times the interval of the schedule.')
param sweepStaleMinutes int = 45

@description('When the tenant app checks, without writing anything, that the policies are as they should be: NCRONTAB of six fields, UTC.')
param watchSchedule string = '0 20 5 * * *'

@minValue(30)
@maxValue(3660)
@description('For how many days settled messages and the steps of passes are kept.')
param retentionDays int = 400

@description('When the passes app deletes what is older: NCRONTAB of six fields, UTC.')
param passesCleanupSchedule string = '0 40 4 * * *'

@description('Whether there is a board for HR and managers who hold the app role Enrollment.Read.')
param board bool = false

@description('Whether people who hold the app role Enrollment.Act may acknowledge unexpected registrations on the board, and release a sweep that its limits stopped.')
param boardActions bool = false

@description('Whether the board shows the names that HR sends, which are stored sealed. Add their key to the vault as board-name-keys.')
param boardNames bool = false

@description('For how many days the board keeps daily totals.')
param boardDays int = 400

@description('When the board is refreshed: NCRONTAB of six fields, UTC.')
param boardSchedule string = '0 5/15 * * * *'

@description('Kinds of message to send, separated by commas: invitation, reminder, last_reminder, pass_ready, thank_you, escalation, unexpected_registration; empty for none.')
param messages string = ''

@allowed(['off', 'exchange', 'communication-services'])
@description('Which service sends the mail.')
param messagesChannel string = 'off'

@description('Address that mail is sent from: a shared mailbox, or an address of Communication Services.')
param messagesSender string = ''

@description('Https address of the Communication Services resource; empty where the mail goes by Exchange.')
param messagesEndpoint string = ''

@description('Systems of outgoingWebhooks that also receive each message, separated by commas.')
param messagesWebhooks string = ''

@description('Mail address that is notified of people without a manager, of people who stay overdue, and of unexpected registrations; empty for none.')
param helpdeskAddress string = ''

@description('Whether the time zone and language of mailboxes are read. Exchange must allow the people identity to read mailbox settings for this.')
param messagesMailboxSettings bool = false

@description('Whether newcomers get mail at the private address that HR sent, until the end of their first day; requires hrAddressPublicKey.')
param messagesToPrivateAddress bool = false

@description('Time of day from which messages are sent, in the person\'s time zone.')
param messagesFrom string = '08:00'

@description('Time of day until which messages are sent, in the person\'s time zone.')
param messagesUntil string = '18:00'

@minValue(1)
@maxValue(60)
@description('How many working days pass between an invitation and each reminder.')
param reminderWorkingDays int = 5

@minValue(0)
@maxValue(10)
@description('How many reminders are sent at most, not counting the last one.')
param remindersAtMost int = 3

@minValue(0)
@maxValue(60)
@description('How many working days after the manager the helpdesk is notified of a person who is overdue.')
param helpdeskWorkingDays int = 2

@minValue(1)
@maxValue(30)
@description('How many messages are sent within a minute at most.')
param messagesPerMinute int = 30

@minValue(1)
@maxValue(1800)
@description('How many messages are sent within an hour at most.')
param messagesPerHour int = 100

@description('When due messages are sent: NCRONTAB of six fields, UTC.')
param messagesSchedule string = '0 */5 * * * *'

@minValue(0)
@maxValue(90)
@description('By how many working days after the first day a new hire should have registered.')
param deadlineWorkingDays int = 0

@minValue(0)
@maxValue(30)
@description('How many working days before that deadline a new hire counts as due soon.')
param dueSoonWorkingDays int = 3

@description('Working days of the week, such as mon,tue,wed,thu,fri.')
param workingDays string = 'mon,tue,wed,thu,fri'

@description('Public holidays, separated by commas, such as 2026-12-25,2027-01-01; empty for none.')
param daysOff string = ''

@description('Whether there is a fourth app that makes Temporary Access Passes for managers to hand over.')
param passes bool = false

@description('Whether people who hold the app role Passes.Issue may also have a pass made.')
param passHelpdesk bool = false

@minValue(1)
@maxValue(1000)
@description('How many passes may be made within an hour in total.')
param passesPerHour int = 20

@minValue(10)
@maxValue(43200)
@description('How many minutes a pass is valid, within the limits of the tenant\'s policy.')
param passMinutes int = 60

@description('Whether a pass can be used for one sign-in only. Setting up a new laptop on the first day uses it up.')
param passOneTime bool = false

@allowed(['request', 'first_day'])
@description('When a pass becomes valid: immediately, or on the first day of work.')
param passValidFrom string = 'request'

@minValue(0)
@maxValue(23)
@description('The hour of the first day at which such a pass becomes valid, in timeZone.')
param passFirstHour int = 0

@description('Gigabytes of logs that passes may write a day.')
param passesLogCapGb string = '0.1'

@minValue(1)
@description('How many hours old the last such check may be before GET /api/health reports a fault: about twice the interval of the schedule.')
param watchStaleHours int = 49

@minValue(0)
@maxValue(90)
@description('How many days before the first day of work a person is invited.')
param enrollDaysBeforeStart int = 14

@minValue(1)
@maxValue(365)
@description('How many days ago an account may have been created, or a first day may have been, for a person to count as a new hire.')
param recentDays int = 30

@minValue(1)
@description('How many people one sweep may invite or take out of the group. A sweep that would change more stops and asks.')
param sweepMaxChanges int = 500

@description('Percentage of all accounts that one sweep may invite or take out of the group. A sweep that would change more stops and asks; up to 50 people are always allowed.')
@minValue(1)
@maxValue(100)
param sweepMaxPercent int = 20

@description('How many seconds a sweep works before it leaves the rest to the next one.')
@minValue(10)
@maxValue(1500)
param sweepSeconds int = 240

@minValue(0)
@maxValue(3650)
@description('How many days after the registration a person is taken out of the group again; 0 means never.')
param membershipDaysAfterRegistration int = 30

@minValue(1)
@description('How many people one HR system may have taken out of the group within an hour. More of them wait.')
param hrMaxEndsPerHour int = 50

@description('Employee types that are invited, separated by commas, with (none) for people without one; empty for all.')
param scopeEmployeeTypes string = ''

@description('Departments that are invited, separated by commas, with (none) for people without one; empty for all.')
param scopeDepartments string = ''

@description('Root of Microsoft Graph, without a version or a trailing slash; empty for the root of this cloud.')
param graphEndpoint string = ''

@allowed([512, 2048, 4096])
@description('Memory of an instance of front in MB. Its share of a processor grows with it, and a webhook must be answered within three seconds, including a cold start.')
param frontMemoryMB int = 2048

@allowed([512, 2048, 4096])
@description('Memory of an instance of people and of tenant in MB. Nobody waits for these apps.')
param workerMemoryMB int = 512

@minValue(0)
@description('How many instances of front are always ready. They are billed all the time, without a free grant.')
param frontAlwaysReady int = 0

@description('Gigabytes of logs that front may write a day before the rest of the day is dropped. It faces the internet, so strangers can use up this amount; the logs of the other apps are not affected.')
param frontLogCapGb string = '0.3'

@description('Gigabytes of logs that people may write a day.')
param peopleLogCapGb string = '0.3'

@description('Gigabytes of logs that tenant may write a day.')
param tenantLogCapGb string = '0.2'

@description('Mail addresses that receive alerts, separated by commas. If both this and alertActionGroupId are empty, there are no alerts.')
param alertEmails string = ''

@description('Resource ID of your own action group, which receives alerts; empty for none.')
param alertActionGroupId string = ''

@description('Where docs/operations.md can be read, such as its address in your fork. Every alert links to it.')
param runbookUrl string = 'docs/operations.md'

@allowed(['PT30M', 'PT45M', 'PT1H', 'PT2H', 'PT3H', 'PT4H', 'PT5H', 'PT6H', 'P1D', 'P2D'])
@description('How long there may be no sweep before an alert is sent: three to four intervals of sweepSchedule.')
param sweepAlertWindow string = 'PT1H'

@description('Whether an availability test opens the public page from three places every 15 minutes and sends an alert if it does not answer. It costs a few US dollars a month.')
param availabilityTest bool = false

@description('Your own host name for the landing page, such as enroll.example.com; empty for the one from Azure. Create its CNAME and TXT records first.')
param customDomain string = ''

@description('Whether a certificate for customDomain is requested. Set it to true once the name has been provisioned without it.')
param customDomainCertificate bool = false

@description('IP address ranges that may call the tenant app, in CIDR form, separated by commas; empty for all. A token is required in any case.')
param adminAllowedIps string = ''

@description('Whether the apps reach storage and vaults through private endpoints in a virtual network, at about US$7 a month for each endpoint.')
param privateNetwork bool = false

@description('Address range of that network, /24 or larger.')
param networkAddressPrefix string = '10.91.0.0/24'

@description('Whether a deleted vault is kept for 7 days and cannot be purged before. This cannot be undone, and azd down --purge then leaves the vaults behind.')
param purgeProtection bool = false

@description('Whether front gets a custom role that can only add rows to table inbox. Creating it requires the right to write role definitions. Without the custom role, front can also read and change that table.')
param customRole bool = true

@description('Object ID of the person or pipeline that deploys, who can then use the command line and add secrets to the vaults. azd sets it; empty for nobody.')
param principalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
@description('Type of that principal.')
param principalType string = 'User'

var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tenantId = tenant().tenantId
var tags = {
  'azd-env-name': environmentName
}

// Every function runs in exactly one role: it stands in the list of its own role, and the other roles take that list.
var frontFunctionsOff = {
  'AzureWebJobs.page.Disabled': 'true'
  'AzureWebJobs.start.Disabled': 'true'
  'AzureWebJobs.me.Disabled': 'true'
  'AzureWebJobs.pass_page.Disabled': 'true'
  'AzureWebJobs.assets.Disabled': 'true'
  'AzureWebJobs.board.Disabled': 'true'
  'AzureWebJobs.hires_webhook.Disabled': 'true'
}
var peopleFunctionsOff = {
  'AzureWebJobs.hires.Disabled': 'true'
  'AzureWebJobs.seen.Disabled': 'true'
  'AzureWebJobs.board_refresh.Disabled': 'true'
  'AzureWebJobs.outgoing.Disabled': 'true'
  'AzureWebJobs.messages.Disabled': 'true'
  'AzureWebJobs.sweep.Disabled': 'true'
}
var passesFunctionsOff = {
  'AzureWebJobs.passes.Disabled': 'true'
  'AzureWebJobs.passes_cleanup.Disabled': 'true'
}
// Easy Auth of an app has one configuration. The page's sends people to sign in, and this API's takes tokens of another
// registration: so the one app of singleApp runs all but these.
var administrationFunctionsOff = {
  'AzureWebJobs.tenant_request.Disabled': 'true'
  'AzureWebJobs.operation.Disabled': 'true'
  'AzureWebJobs.why.Disabled': 'true'
  'AzureWebJobs.health.Disabled': 'true'
}
var tenantFunctionsOff = union(administrationFunctionsOff, {
  'AzureWebJobs.tenant.Disabled': 'true'
  'AzureWebJobs.watch.Disabled': 'true'
})

// The host looks up the %SCHEDULE% of a timer when it indexes the function, in every app. Whether it still does so where the
// function is disabled is not documented, and a missing setting is an error at start: so every app has it.
var everyApp = {
  TENANT_ID: tenantId
  SWEEP_SCHEDULE: sweepSchedule
  WATCH_SCHEDULE: watchSchedule
  BOARD_SCHEDULE: boardSchedule
  MESSAGES_SCHEDULE: messagesSchedule
  PASSES_CLEANUP_SCHEDULE: passesCleanupSchedule
}
// What people read of the organization, on the page and in messages.
var organizationSettings = {
  ORGANIZATION_NAME: organizationName
  HELP_CONTACT: helpContact
  FORM_OF_ADDRESS: formOfAddress
  DEFAULT_LANGUAGE: defaultLanguage
  TIME_ZONE: timeZone
}
var deadlineSettings = {
  DEADLINE_WORKING_DAYS: string(deadlineWorkingDays)
  DUE_SOON_WORKING_DAYS: string(dueSoonWorkingDays)
  WORKING_DAYS: workingDays
  DAYS_OFF: daysOff
}
var messageSettings = {
  MESSAGES: messages
  MESSAGES_CHANNEL: messagesChannel
  MESSAGES_SENDER: messagesSender
  MESSAGES_ENDPOINT: messagesEndpoint
  MESSAGES_WEBHOOKS: messagesWebhooks
  HELPDESK_ADDRESS: helpdeskAddress
  MESSAGES_MAILBOX_SETTINGS: string(messagesMailboxSettings)
  MESSAGES_TO_PRIVATE_ADDRESS: string(messagesToPrivateAddress)
  MESSAGES_FROM: messagesFrom
  MESSAGES_UNTIL: messagesUntil
  REMINDER_WORKING_DAYS: string(reminderWorkingDays)
  REMINDERS_AT_MOST: string(remindersAtMost)
  HELPDESK_WORKING_DAYS: string(helpdeskWorkingDays)
  MESSAGES_PER_MINUTE: string(messagesPerMinute)
  MESSAGES_PER_HOUR: string(messagesPerHour)
}
var boardSettings = {
  BOARD: string(board)
  BOARD_ACTIONS: string(boardActions)
}
// learn.microsoft.com/graph/deployments
var graphRoots = {
  AzureCloud: 'https://graph.microsoft.com'
  AzureUSGovernment: 'https://graph.microsoft.us'
  AzureChinaCloud: 'https://microsoftgraph.chinacloudapi.cn'
}
var graphRoot = empty(graphEndpoint) ? graphRoots[environment().name] : graphEndpoint
var graphSettings = {
  GRAPH_ENDPOINT: graphRoot
  GRAPH_SCOPE: '${graphRoot}/.default'
}

// A source gets one setting, whose name the code makes of the source's in the same way (hr_settings.py, secret_setting).
// Until its secret is in the vault the reference stays unresolved, and the source's address answers 503.
// An object cannot be made of a list without a lambda, hence by way of its JSON.
var vaultName = 'kv-${resourceToken}'
var hrSourceNames = empty(hrSources) ? [] : split(replace(hrSources, ' ', ''), ',')
var hrSecretEntries = [for name in hrSourceNames: '"HR_SECRET_${toUpper(replace(name, '-', '_'))}":"@Microsoft.KeyVault(SecretUri=https://${vaultName}${environment().suffixes.keyvaultDns}/secrets/hr-${name}/)"']
var hrSecrets = json('{${join(hrSecretEntries, ',')}}')

var hrSettingPairs = empty(hrSourceSettings) ? [] : split(hrSourceSettings, ';')
var hrSettingEntries = [for pair in hrSettingPairs: '"${replace(trim(pair), ': ', '":"')}"']
var hrSettings = json('{${join(hrSettingEntries, ',')}}')

// In the same way; the name before the first colon, the address behind it.
var receivers = empty(outgoingWebhooks) ? [] : split(replace(outgoingWebhooks, ' ', ''), ';')
var receiverEntries = [for receiver in receivers: '"OUTGOING_URL_${toUpper(replace(split(receiver, ':')[0], '-', '_'))}":"${substring(receiver, indexOf(receiver, ':') + 1)}","OUTGOING_SECRET_${toUpper(replace(split(receiver, ':')[0], '-', '_'))}":"@Microsoft.KeyVault(SecretUri=https://${addressVaultName}${environment().suffixes.keyvaultDns}/secrets/outgoing-${split(receiver, ':')[0]}/)"']
var receiverNames = [for receiver in receivers: split(receiver, ':')[0]]
var outgoingSettings = union({ OUTGOING_WEBHOOKS: join(receiverNames, ','), OUTGOING_PASS_EVENTS: string(outgoingPassEvents) }, json('{${join(receiverEntries, ',')}}'))

// Front alone seals names and opens them; until the key is in the vault, names are dropped and the board says what is missing.
var boardNameKeys = boardNames ? {
  BOARD_NAME_KEYS: '@Microsoft.KeyVault(SecretUri=https://${vaultName}${environment().suffixes.keyvaultDns}/secrets/board-name-keys/)'
} : {}

var addressVaultName = 'kva-${resourceToken}'
var useWorkAddresses = !empty(hrAddressPublicKey)
var addressPrivateKeys = useWorkAddresses ? {
  HR_ADDRESS_PRIVATE_KEYS: '@Microsoft.KeyVault(SecretUri=https://${addressVaultName}${environment().suffixes.keyvaultDns}/secrets/hr-address-private-keys/)'
} : {}

var federatedSignIn = federatedCredential ? {
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: frontClientId
} : {}

// The identity of each role, which is one and the same where there is one app.
var frontClientId = singleApp ? singleIdentity!.outputs.clientId : frontIdentity!.outputs.clientId
var frontPrincipalId = singleApp ? singleIdentity!.outputs.principalId : frontIdentity!.outputs.principalId
var peopleClientId = singleApp ? singleIdentity!.outputs.clientId : peopleIdentity!.outputs.clientId
var peoplePrincipalId = singleApp ? singleIdentity!.outputs.principalId : peopleIdentity!.outputs.principalId
var tenantClientId = singleApp ? singleIdentity!.outputs.clientId : tenantIdentity!.outputs.clientId
var tenantPrincipalId = singleApp ? singleIdentity!.outputs.principalId : tenantIdentity!.outputs.principalId
var passesApart = passes && !singleApp
var passesClientId = singleApp ? singleIdentity!.outputs.clientId : passesIdentity!.outputs.clientId
var passesPrincipalId = singleApp ? singleIdentity!.outputs.principalId : passesIdentity!.outputs.principalId

// The app that faces the internet, and where each role's logs are.
var publicSiteName = singleApp ? single!.outputs.name : front!.outputs.name
var publicUrl = singleApp ? single!.outputs.url : front!.outputs.url
var publicVerificationId = singleApp ? single!.outputs.verificationId : front!.outputs.verificationId
var frontWorkspaceName = singleApp ? singleMonitoring!.outputs.workspaceName : frontMonitoring!.outputs.workspaceName
var peopleWorkspaceName = singleApp ? singleMonitoring!.outputs.workspaceName : peopleMonitoring!.outputs.workspaceName
var passesWorkspaceName = singleApp ? singleMonitoring!.outputs.workspaceName : passesMonitoring!.outputs.workspaceName
var tenantWorkspaceName = singleApp ? singleMonitoring!.outputs.workspaceName : tenantMonitoring!.outputs.workspaceName

var adminIpRanges = empty(adminAllowedIps) ? [] : split(replace(adminAllowedIps, ' ', ''), ',')
// Without its certificate the name would be shown as unsafe.
var hasOwnDomain = !empty(customDomain) && customDomainCertificate
var landingUrl = hasOwnDomain ? 'https://${customDomain}' : publicUrl

// What each role reads. What differs with the app, the address of the page and the identities, stands at the app.
var frontSettings = union(boardSettings, hrSettings, federatedSignIn, organizationSettings, {
  PASSES: string(passes)
  PASS_HELPDESK: string(passHelpdesk)
  PAGE_LOGO_FILE: pageLogoFile
  PAGE_COLOR: pageColor
  PAGE_TEXTS_FILE: pageTextsFile
  PRIVACY_URL: privacyUrl
  IMPRINT_URL: imprintUrl
  PHONE_SIGN_IN_ENDS: phoneSignInEnds
  HR_PROFILES_DIR: hrProfilesDir
  HR_ADDRESS_PUBLIC_KEY: hrAddressPublicKey
  MESSAGES_TO_PRIVATE_ADDRESS: string(messagesToPrivateAddress)
})
var peopleSettings = union(boardSettings, graphSettings, hrSettings, addressPrivateKeys, outgoingSettings, organizationSettings, deadlineSettings, messageSettings, {
  PASSES: string(passes)
  BOARD_DAYS: string(boardDays)
  RETENTION_DAYS: string(retentionDays)
  HR_PROFILES_DIR: hrProfilesDir
  PEOPLE_CLIENT_ID: peopleClientId
  ENROLL_DAYS_BEFORE_START: string(enrollDaysBeforeStart)
  RECENT_DAYS: string(recentDays)
  SWEEP_MAX_CHANGES: string(sweepMaxChanges)
  SWEEP_MAX_PERCENT: string(sweepMaxPercent)
  SWEEP_SECONDS: string(sweepSeconds)
  SCOPE_EMPLOYEE_TYPES: scopeEmployeeTypes
  SCOPE_DEPARTMENTS: scopeDepartments
  BREAK_GLASS_USER_IDS: breakGlassUserIds
  MEMBERSHIP_DAYS_AFTER_REGISTRATION: string(membershipDaysAfterRegistration)
  HR_MAX_ENDS_PER_HOUR: string(hrMaxEndsPerHour)
})
var passesSettings = union(graphSettings, {
  PASSES: string(passes)
  PASS_HELPDESK: string(passHelpdesk)
  PASSES_CLIENT_ID: passes ? passesClientId : ''
  PASSES_PER_HOUR: string(passesPerHour)
  PASS_MINUTES: string(passMinutes)
  PASS_ONE_TIME: string(passOneTime)
  PASS_VALID_FROM: passValidFrom
  PASS_FIRST_HOUR: string(passFirstHour)
  RETENTION_DAYS: string(retentionDays)
  TIME_ZONE: timeZone
  BREAK_GLASS_USER_IDS: breakGlassUserIds
})
var tenantSettings = union(boardSettings, graphSettings, deadlineSettings, {
  SINGLE_APP: string(singleApp)
  PASSES: string(passes)
  PASS_HELPDESK: string(passHelpdesk)
  TENANT_CLIENT_ID: tenantClientId
  ENROLL_DAYS_BEFORE_START: string(enrollDaysBeforeStart)
  SWEEP_STALE_MINUTES: string(sweepStaleMinutes)
  WATCH_STALE_HOURS: string(watchStaleHours)
  PEOPLE_PRINCIPAL_ID: peoplePrincipalId
  BREAK_GLASS_USER_IDS: breakGlassUserIds
  DISPLAY_NAME: displayName
  FRONT_PRINCIPAL_ID: federatedCredential ? frontPrincipalId : ''
  LOGO_FILE: logoFile
  ASSIGNMENT_REQUIRED: string(assignmentRequired)
  POLICY_USERS: policyUsers
  AUTHENTICATION_STRENGTH: authenticationStrength
  REGISTRATION_POLICY: registrationPolicy
  REGISTRATION_POLICY_USERS: registrationPolicyUsers
  ACKNOWLEDGE_UNPROTECTED_REGISTRATION: string(acknowledgeUnprotectedRegistration)
  SOFT_DELETED: softDeleted
  EXPECTED_OWNER_IDS: expectedOwnerIds
  ADMIN_FUNCTION_KEYS: adminFunctionKeys ? 'true' : 'false'
})

// The name of the network is known before it is made; apps and endpoints need each other's.
var networkName = 'vnet-${resourceToken}'
var appsSubnetId = privateNetwork ? '${subscription().id}/resourceGroups/rg-${environmentName}/providers/Microsoft.Network/virtualNetworks/${networkName}/subnets/apps' : ''

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

// Logs of each app on their own, with a cap of its own: what fills one blinds nobody to the other two.
module frontMonitoring 'app/monitoring.bicep' = if (!singleApp) {
  name: 'monitoring-front'
  scope: group
  params: {
    nameSuffix: 'front-${resourceToken}'
    location: location
    tags: tags
    dailyQuotaGb: frontLogCapGb
  }
}

module peopleMonitoring 'app/monitoring.bicep' = if (!singleApp) {
  name: 'monitoring-people'
  scope: group
  params: {
    nameSuffix: 'people-${resourceToken}'
    location: location
    tags: tags
    dailyQuotaGb: peopleLogCapGb
  }
}

module tenantMonitoring 'app/monitoring.bicep' = if (!singleApp) {
  name: 'monitoring-tenant'
  scope: group
  params: {
    nameSuffix: 'tenant-${resourceToken}'
    location: location
    tags: tags
    dailyQuotaGb: tenantLogCapGb
  }
}

module passesMonitoring 'app/monitoring.bicep' = if (passesApart) {
  name: 'monitoring-passes'
  scope: group
  params: {
    nameSuffix: 'passes-${resourceToken}'
    location: location
    tags: tags
    dailyQuotaGb: passesLogCapGb
  }
}

module singleMonitoring 'app/monitoring.bicep' = if (singleApp) {
  name: 'monitoring-single'
  scope: group
  params: {
    nameSuffix: 'single-${resourceToken}'
    location: location
    tags: tags
    dailyQuotaGb: frontLogCapGb
  }
}

// Before the apps, whose subnet it holds.
module network 'app/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    name: networkName
    location: location
    tags: tags
    addressPrefix: networkAddressPrefix
  }
}

module frontIdentity 'app/identity.bicep' = if (!singleApp) {
  name: 'identity-front'
  scope: group
  params: {
    name: 'id-front-${resourceToken}'
    location: location
    tags: tags
  }
}

module peopleIdentity 'app/identity.bicep' = if (!singleApp) {
  name: 'identity-people'
  scope: group
  params: {
    name: 'id-people-${resourceToken}'
    location: location
    tags: tags
  }
}

module tenantIdentity 'app/identity.bicep' = if (!singleApp) {
  name: 'identity-tenant'
  scope: group
  params: {
    name: 'id-tenant-${resourceToken}'
    location: location
    tags: tags
  }
}

module passesIdentity 'app/identity.bicep' = if (passesApart) {
  name: 'identity-passes'
  scope: group
  params: {
    name: 'id-passes-${resourceToken}'
    location: location
    tags: tags
  }
}

// An identity of its own, with names of its own: if an environment goes from one app to several, none of the several
// inherits its rights.
module singleIdentity 'app/identity.bicep' = if (singleApp) {
  name: 'identity-single'
  scope: group
  params: {
    name: 'id-single-${resourceToken}'
    location: location
    tags: tags
  }
}

// What the apps share. Poison queues are made here too, since nobody may create a queue at run time.
module data 'app/storage.bicep' = {
  name: 'storage-data'
  scope: group
  params: {
    name: 'stdata${resourceToken}'
    location: location
    tags: tags
    queues: ['hires', 'hires-poison', 'seen', 'seen-poison', 'outgoing', 'outgoing-poison', 'passes', 'passes-poison', 'tenant', 'tenant-poison']
    tables: ['board', 'inbox', 'outbox', 'people', 'passclaims', 'passes', 'operations', 'state']
    publicAccess: !privateNetwork
  }
}

module inboxRole 'app/inbox-role.bicep' = if (customRole && !singleApp) {
  name: 'inbox-role'
  scope: group
  params: {
    nameSuffix: resourceToken
  }
}

// Front may announce and read. It cannot reach the queue of tenant: an attacker who takes it over cannot ask for a policy.
module frontAccess 'app/data-access.bicep' = if (!singleApp) {
  name: 'access-front'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: frontIdentity!.outputs.principalId
    sendsTo: ['hires', 'seen']
    reads: ['board', 'people']
    addsTo: ['inbox']
    adderRoleId: customRole ? inboxRole!.outputs.id : ''
  }
}

module peopleAccess 'app/data-access.bicep' = if (!singleApp) {
  name: 'access-people'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: peopleIdentity!.outputs.principalId
    worksOn: ['hires', 'hires-poison', 'seen', 'seen-poison', 'outgoing', 'outgoing-poison']
    reads: ['state']
    writes: ['board', 'inbox', 'outbox', 'people']
  }
}

module tenantAccess 'app/data-access.bicep' = if (!singleApp) {
  name: 'access-tenant'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: tenantIdentity!.outputs.principalId
    worksOn: ['tenant', 'tenant-poison']
    looksAt: ['hires', 'hires-poison', 'seen', 'seen-poison', 'outgoing', 'outgoing-poison', 'passes', 'passes-poison']
    reads: ['outbox', 'people']
    writes: ['operations', 'state']
  }
}

// Front asks for passes and reads what became of it: what it reads is sealed to a browser. It can make no claim and use
// none up, so an attacker who takes it over is limited to the links that people open meanwhile.
module frontPassAccess 'app/data-access.bicep' = if (passesApart) {
  name: 'access-front-passes'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: frontIdentity!.outputs.principalId
    sendsTo: ['passes']
    reads: ['passclaims', 'passes']
  }
}

// People makes claims, asks for passes to be taken back, and reads the audit to tell other systems of it. It cannot say
// that a claim was not used.
module peoplePassAccess 'app/data-access.bicep' = if (passesApart) {
  name: 'access-people-passes'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: peopleIdentity!.outputs.principalId
    sendsTo: ['passes']
    reads: ['passes']
    writes: ['passclaims']
  }
}

module passesAccess 'app/data-access.bicep' = if (passesApart) {
  name: 'access-passes'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: passesIdentity!.outputs.principalId
    worksOn: ['passes', 'passes-poison']
    reads: ['people', 'passclaims']
    writes: ['passes']
  }
}

// All rights of all roles, of which one that writes covers those that read and send.
module singleAccess 'app/data-access.bicep' = if (singleApp) {
  name: 'access-single'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: singleIdentity!.outputs.principalId
    worksOn: ['hires', 'hires-poison', 'seen', 'seen-poison', 'outgoing', 'outgoing-poison', 'tenant', 'tenant-poison']
    writes: ['board', 'inbox', 'outbox', 'people', 'operations', 'state']
  }
}

module singlePassAccess 'app/data-access.bicep' = if (singleApp && passes) {
  name: 'access-single-passes'
  scope: group
  params: {
    storageAccountName: data.outputs.name
    principalId: singleIdentity!.outputs.principalId
    worksOn: ['passes', 'passes-poison']
    writes: ['passclaims', 'passes']
  }
}

module keyVault 'app/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    name: vaultName
    location: location
    tags: tags
    readerPrincipalIds: [frontPrincipalId]
    purgeProtection: purgeProtection
    publicAccess: !privateNetwork
  }
}

// A vault of its own, for people alone: front seals addresses and must not be able to open one or to sign an event, and
// who may do that must not be able to speak for an HR system.
module addressVault 'app/key-vault.bicep' = if (useWorkAddresses || !empty(outgoingWebhooks)) {
  name: 'address-vault'
  scope: group
  params: {
    name: addressVaultName
    location: location
    tags: tags
    readerPrincipalIds: [peoplePrincipalId]
    purgeProtection: purgeProtection
    publicAccess: !privateNetwork
  }
}

module front 'app/function-app.bicep' = if (!singleApp) {
  name: 'app-front'
  scope: group
  params: {
    name: 'func-front-${resourceToken}'
    serviceName: 'front'
    location: location
    tags: tags
    identityId: frontIdentity!.outputs.id
    identityClientId: frontIdentity!.outputs.clientId
    identityPrincipalId: frontIdentity!.outputs.principalId
    hostStorageName: 'stfront${resourceToken}'
    queueServiceUri: data.outputs.queueEndpoint
    tableServiceUri: data.outputs.tableEndpoint
    applicationInsightsName: frontMonitoring!.outputs.applicationInsightsName
    instanceMemoryMB: frontMemoryMB
    alwaysReady: frontAlwaysReady
    subnetId: appsSubnetId
    appSettings: union(everyApp, peopleFunctionsOff, passesFunctionsOff, tenantFunctionsOff, hrSecrets, boardNameKeys, frontSettings)
  }
  dependsOn: [frontAccess, keyVault, network]
}

module people 'app/function-app.bicep' = if (!singleApp) {
  name: 'app-people'
  scope: group
  params: {
    name: 'func-people-${resourceToken}'
    serviceName: 'people'
    location: location
    tags: tags
    identityId: peopleIdentity!.outputs.id
    identityClientId: peopleIdentity!.outputs.clientId
    identityPrincipalId: peopleIdentity!.outputs.principalId
    hostStorageName: 'stpeople${resourceToken}'
    queueServiceUri: data.outputs.queueEndpoint
    tableServiceUri: data.outputs.tableEndpoint
    applicationInsightsName: peopleMonitoring!.outputs.applicationInsightsName
    instanceMemoryMB: workerMemoryMB
    subnetId: appsSubnetId
    appSettings: union(everyApp, frontFunctionsOff, passesFunctionsOff, tenantFunctionsOff, peopleSettings, {
      LANDING_URL: landingUrl
    })
  }
  dependsOn: [peopleAccess, network]
}

// Answers no request: a queue is its only way in, and a timer deletes what is too old.
module passesApp 'app/function-app.bicep' = if (passesApart) {
  name: 'app-passes'
  scope: group
  params: {
    name: 'func-passes-${resourceToken}'
    serviceName: 'passes'
    location: location
    tags: tags
    identityId: passesIdentity!.outputs.id
    identityClientId: passesIdentity!.outputs.clientId
    identityPrincipalId: passesIdentity!.outputs.principalId
    hostStorageName: 'stpasses${resourceToken}'
    queueServiceUri: data.outputs.queueEndpoint
    tableServiceUri: data.outputs.tableEndpoint
    applicationInsightsName: passesMonitoring!.outputs.applicationInsightsName
    instanceMemoryMB: workerMemoryMB
    subnetId: appsSubnetId
    appSettings: union(everyApp, frontFunctionsOff, peopleFunctionsOff, tenantFunctionsOff, passesSettings)
  }
  dependsOn: [passesAccess, network]
}

module tenantApp 'app/function-app.bicep' = if (!singleApp) {
  name: 'app-tenant'
  scope: group
  params: {
    name: 'func-tenant-${resourceToken}'
    serviceName: 'tenant'
    location: location
    tags: tags
    identityId: tenantIdentity!.outputs.id
    identityClientId: tenantIdentity!.outputs.clientId
    identityPrincipalId: tenantIdentity!.outputs.principalId
    hostStorageName: 'sttenant${resourceToken}'
    queueServiceUri: data.outputs.queueEndpoint
    tableServiceUri: data.outputs.tableEndpoint
    applicationInsightsName: tenantMonitoring!.outputs.applicationInsightsName
    instanceMemoryMB: workerMemoryMB
    subnetId: appsSubnetId
    allowedIpRanges: adminIpRanges
    appSettings: union(everyApp, frontFunctionsOff, peopleFunctionsOff, passesFunctionsOff, tenantSettings, {
      LANDING_URL: landingUrl
    })
  }
  dependsOn: [tenantAccess, network]
}

// For trying out: every function but those of the administration API, as one identity. Its address is known only once
// it is there, so it learns it in its module.
module single 'app/function-app.bicep' = if (singleApp) {
  name: 'app-single'
  scope: group
  params: {
    name: 'func-single-${resourceToken}'
    serviceName: 'single'
    location: location
    tags: tags
    identityId: singleIdentity!.outputs.id
    identityClientId: singleIdentity!.outputs.clientId
    identityPrincipalId: singleIdentity!.outputs.principalId
    hostStorageName: 'stsingle${resourceToken}'
    queueServiceUri: data.outputs.queueEndpoint
    tableServiceUri: data.outputs.tableEndpoint
    applicationInsightsName: singleMonitoring!.outputs.applicationInsightsName
    instanceMemoryMB: frontMemoryMB
    alwaysReady: frontAlwaysReady
    subnetId: appsSubnetId
    tellsLandingUrl: true
    appSettings: union(everyApp, administrationFunctionsOff, passes ? {} : passesFunctionsOff, hrSecrets, boardNameKeys, frontSettings, peopleSettings, passesSettings, tenantSettings, hasOwnDomain ? {
      LANDING_URL: 'https://${customDomain}'
    } : {})
  }
  dependsOn: [singleAccess, singlePassAccess, keyVault, network]
}

// Only what faces the internet, and only once the app registration exists. Until then the page takes everybody for signed out.
module easyAuth 'app/easy-auth.bicep' = if (!empty(authClientId)) {
  name: 'easy-auth'
  scope: group
  params: {
    siteName: publicSiteName
    tenantId: tenantId
    clientId: authClientId
    federatedCredential: federatedCredential
    hrSources: hrSourceNames
  }
}

module endpoints 'app/private-endpoints.bicep' = if (privateNetwork) {
  name: 'private-endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    networkName: networkName
    storageEndpoints: concat([
      { name: 'stdata${resourceToken}', service: 'queue' }
      { name: 'stdata${resourceToken}', service: 'table' }
    ], singleApp ? [{ name: 'stsingle${resourceToken}', service: 'blob' }] : [
      { name: 'stfront${resourceToken}', service: 'blob' }
      { name: 'stpeople${resourceToken}', service: 'blob' }
      { name: 'sttenant${resourceToken}', service: 'blob' }
    ], passesApart ? [{ name: 'stpasses${resourceToken}', service: 'blob' }] : [])
    vaultNames: useWorkAddresses ? [vaultName, addressVaultName] : [vaultName]
  }
  dependsOn: [network, data, front, people, passesApp, tenantApp, single, keyVault, addressVault]
}

module domain 'app/custom-domain.bicep' = if (!empty(customDomain)) {
  name: 'custom-domain'
  scope: group
  params: {
    siteName: publicSiteName
    location: location
    tags: tags
    hostName: customDomain
    withCertificate: customDomainCertificate
  }
  dependsOn: [easyAuth]
}

module operatorAccess 'app/operator-access.bicep' = if (!empty(principalId)) {
  name: 'access-operator'
  scope: group
  params: {
    principalId: principalId
    principalType: principalType
    storageAccountName: data.outputs.name
    vaultNames: useWorkAddresses ? [keyVault.outputs.name, addressVault!.outputs.name] : [keyVault.outputs.name]
  }
}

// The administration API of tenant. Until there is a registration it answers 503 to everybody.
module adminAuth 'app/admin-auth.bicep' = if (!empty(adminClientId) && !singleApp) {
  name: 'admin-auth'
  scope: group
  params: {
    siteName: tenantApp!.outputs.name
    tenantId: tenantId
    clientId: adminClientId
    applicationIds: empty(adminApplicationIds) ? [] : split(replace(adminApplicationIds, ' ', ''), ',')
  }
}

var somebodyIsTold = !empty(alertEmails) || !empty(alertActionGroupId)

module alerts 'app/alerts.bicep' = if (somebodyIsTold) {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    nameSuffix: resourceToken
    runbookUrl: runbookUrl
    frontWorkspaceName: frontWorkspaceName
    peopleWorkspaceName: peopleWorkspaceName
    tenantWorkspaceName: tenantWorkspaceName
    passesWorkspaceName: passes ? passesWorkspaceName : ''
    withMessages: !empty(messages) && messagesChannel != 'off'
    emails: alertEmails
    actionGroupId: alertActionGroupId
    sweepWindow: sweepAlertWindow
  }
}

module availability 'app/availability.bicep' = if (availabilityTest && somebodyIsTold) {
  name: 'availability'
  scope: group
  params: {
    location: location
    tags: tags
    nameSuffix: resourceToken
    siteUrl: publicUrl
    applicationInsightsName: singleApp ? singleMonitoring!.outputs.applicationInsightsName : frontMonitoring!.outputs.applicationInsightsName
    actionGroupIds: alerts!.outputs.actionGroupIds
    runbookUrl: runbookUrl
  }
}

module workbook 'app/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    frontWorkspaceName: frontWorkspaceName
    peopleWorkspaceName: peopleWorkspaceName
    tenantWorkspaceName: tenantWorkspaceName
    passesWorkspaceName: passes ? passesWorkspaceName : peopleWorkspaceName
  }
}

// Each query is saved with the app whose logs it reads.
var savedQueries = {
  front: [
    { name: 'passes', title: 'Passes: what became of them', query: loadTextContent('monitoring/queries/passes.kql') }
    { name: 'refusals', title: 'Webhooks: refused deliveries by source and fault', query: loadTextContent('monitoring/queries/refusals.kql') }
    { name: 'webhook-answers', title: 'Webhooks: what was answered', query: loadTextContent('monitoring/queries/webhook-answers.kql') }
    { name: 'webhook-latency', title: 'Webhooks: how long a delivery takes', query: loadTextContent('monitoring/queries/webhook-latency.kql') }
  ]
  people: [
    { name: 'funnel', title: 'Funnel: people by the last state that was logged', query: loadTextContent('monitoring/queries/funnel.kql') }
    { name: 'graph-throttling', title: 'Microsoft Graph: requests that were tried again', query: loadTextContent('monitoring/queries/graph-throttling.kql') }
    { name: 'message-runs', title: 'Messages: what each run did', query: loadTextContent('monitoring/queries/message-runs.kql') }
    { name: 'messages', title: 'Messages: what became of them, by kind', query: loadTextContent('monitoring/queries/messages.kql') }
    { name: 'person', title: 'Everything that was logged of one account or event: put its ID between the quotation marks', query: loadTextContent('monitoring/queries/person.kql') }
    { name: 'sweeps', title: 'Sweeps: what each one did', query: loadTextContent('monitoring/queries/sweeps.kql') }
  ]
  passes: [
    { name: 'passes', title: 'Passes: what became of them', query: loadTextContent('monitoring/queries/passes.kql') }
  ]
  tenant: [
    { name: 'graph-throttling', title: 'Microsoft Graph: requests that were tried again', query: loadTextContent('monitoring/queries/graph-throttling.kql') }
    { name: 'operations', title: 'Operations on the tenant: every step', query: loadTextContent('monitoring/queries/operations.kql') }
  ]
}

module frontQueries 'app/saved-queries.bicep' = if (!singleApp) {
  name: 'queries-front'
  scope: group
  params: {
    workspaceName: frontMonitoring!.outputs.workspaceName
    queries: savedQueries.front
  }
}

module peopleQueries 'app/saved-queries.bicep' = if (!singleApp) {
  name: 'queries-people'
  scope: group
  params: {
    workspaceName: peopleMonitoring!.outputs.workspaceName
    queries: savedQueries.people
  }
}

module passesQueries 'app/saved-queries.bicep' = if (passesApart) {
  name: 'queries-passes'
  scope: group
  params: {
    workspaceName: passesMonitoring!.outputs.workspaceName
    queries: savedQueries.passes
  }
}

module tenantQueries 'app/saved-queries.bicep' = if (!singleApp) {
  name: 'queries-tenant'
  scope: group
  params: {
    workspaceName: tenantMonitoring!.outputs.workspaceName
    queries: savedQueries.tenant
  }
}

// A query of two roles is saved once: union takes equal items once.
module singleQueries 'app/saved-queries.bicep' = if (singleApp) {
  name: 'queries-single'
  scope: group
  params: {
    workspaceName: singleMonitoring!.outputs.workspaceName
    queries: union(savedQueries.front, savedQueries.people, savedQueries.tenant)
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenantId
output AZURE_RESOURCE_GROUP string = group.name
output KEY_VAULT_NAME string = keyVault.outputs.name
output ADDRESS_VAULT_NAME string = useWorkAddresses ? addressVaultName : ''
output CUSTOM_DOMAIN_VERIFICATION_ID string = publicVerificationId
output FRONT_HOST_NAME string = replace(publicUrl, 'https://', '')
output FRONT_APP_NAME string = publicSiteName
output PEOPLE_APP_NAME string = singleApp ? single!.outputs.name : people!.outputs.name
output PASSES_APP_NAME string = passes ? (singleApp ? single!.outputs.name : passesApp!.outputs.name) : ''
output TENANT_APP_NAME string = singleApp ? single!.outputs.name : tenantApp!.outputs.name
output TENANT_URL string = singleApp ? '' : tenantApp!.outputs.url

// Which apps there are: azure.yaml deploys by it, and the preflight compares it with what is asked for next.
output SEPARATE_APPS string = singleApp ? 'false' : 'true'
output PASSES_APART string = passesApart ? 'true' : 'false'

// Under the names of the app settings: what `azd env get-values` prints is a settings file of the command line.
output TENANT_ID string = tenantId
output LANDING_URL string = landingUrl
output GRAPH_SCOPE string = graphSettings.GRAPH_SCOPE
output FRONT_PRINCIPAL_ID string = federatedCredential ? frontPrincipalId : ''
output PEOPLE_CLIENT_ID string = peopleClientId
output PEOPLE_PRINCIPAL_ID string = peoplePrincipalId
output PASSES_CLIENT_ID string = passes ? passesClientId : ''
output PASSES_PRINCIPAL_ID string = passes ? passesPrincipalId : ''
output TENANT_CLIENT_ID string = tenantClientId
output TENANT_PRINCIPAL_ID string = tenantPrincipalId
output AzureWebJobsStorage__queueServiceUri string = data.outputs.queueEndpoint
output AzureWebJobsStorage__tableServiceUri string = data.outputs.tableEndpoint
