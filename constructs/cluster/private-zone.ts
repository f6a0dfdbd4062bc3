/** Azure's own values for the start of authority of a private zone. Written out: azurerm reads them back, and a change replaces the zone. */
export const SOA_RECORD = {
  email: 'azureprivatedns-host.microsoft.com',
  expireTime: 2_419_200,
  minimumTtl: 10,
  refreshTime: 3600,
  retryTime: 300,
  ttl: 3600,
} as const;
