// An address of your own for the landing page, with a free certificate that Azure renews while the CNAME stays.
//
// Two passes: the name first, without a certificate; then the certificate, which Azure issues only for a name that is bound.
// A second pass that is deployed again drops nothing.

param siteName string
param location string
param tags object

@description('The host name, such as enroll.example.com.')
param hostName string

@description('Whether the certificate is requested: true in the second deployment.')
param withCertificate bool

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: siteName
}

resource certificate 'Microsoft.Web/sites/certificates@2025-03-01' = if (withCertificate) {
  parent: site
  name: replace(hostName, '.', '-')
  location: location
  tags: tags
  properties: {
    canonicalName: hostName
  }
}

resource binding 'Microsoft.Web/sites/hostNameBindings@2025-03-01' = {
  parent: site
  name: hostName
  properties: {
    siteName: siteName
    customHostNameDnsRecordType: 'CName'
    hostNameType: 'Verified'
    sslState: withCertificate ? 'SniEnabled' : 'Disabled'
    thumbprint: withCertificate ? certificate!.properties.thumbprint : null
  }
}
