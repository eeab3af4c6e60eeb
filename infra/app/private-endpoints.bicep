// Storage and vaults in the network: the apps reach them over private endpoints, and nobody else does.
//
// The apps stay reachable from the internet, since people and HR systems call them.

param location string
param tags object
param networkName string

@description('Storage accounts and the services that are used: {name, service}.')
param storageEndpoints array

@description('Names of the key vaults.')
param vaultNames array

var services = ['blob', 'queue', 'table']
var zoneNames = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  'privatelink${replace(environment().suffixes.keyvaultDns, 'vault.', 'vaultcore.')}'
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: networkName
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [for name in zoneNames: {
  name: name
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (name, i) in zoneNames: {
  parent: zone[i]
  name: networkName
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]

resource storageEndpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [for item in storageEndpoints: {
  name: 'pe-${item.name}-${item.service}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: '${network.id}/subnets/endpoints'
    }
    privateLinkServiceConnections: [
      {
        name: item.service
        properties: {
          privateLinkServiceId: resourceId('Microsoft.Storage/storageAccounts', item.name)
          groupIds: [item.service]
        }
      }
    ]
  }
}]

resource storageZone 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (item, i) in storageEndpoints: {
  parent: storageEndpoint[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: item.service
        properties: {
          privateDnsZoneId: zone[indexOf(services, item.service)].id
        }
      }
    ]
  }
}]

resource vaultEndpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [for name in vaultNames: {
  name: 'pe-${name}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: '${network.id}/subnets/endpoints'
    }
    privateLinkServiceConnections: [
      {
        name: 'vault'
        properties: {
          privateLinkServiceId: resourceId('Microsoft.KeyVault/vaults', name)
          groupIds: ['vault']
        }
      }
    ]
  }
}]

resource vaultZone 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (name, i) in vaultNames: {
  parent: vaultEndpoint[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'vault'
        properties: {
          privateDnsZoneId: zone[3].id
        }
      }
    ]
  }
}]
