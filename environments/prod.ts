import type { EnvironmentInput } from './environment';
import { adminGroups, dnsLabel } from './settings';

/** An AKS cluster with an uptime SLA, room to grow, two replicas of everything, and only known hosts outside the mesh. */
export const prod: EnvironmentInput = {
  name: 'prod',
  cluster: {
    kind: 'aks',
    location: 'westeurope',
    dnsLabel: dnsLabel('prod'),
    adminGroupObjectIds: adminGroups(),
    skuTier: 'Standard',
    systemPool: { vmSize: 'Standard_D4ds_v5', min: 2, max: 4 },
    userPool: { vmSize: 'Standard_D4ds_v5', min: 3, max: 10 },
  },
  mesh: {
    flavor: 'helm',
    meshConfig: { accessLogFile: '/dev/stdout', outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
    helm: { version: '1.29.1' },
    addon: { revisions: ['asm-1-30'] },
  },
  bookinfo: { replicas: 2 },
  tags: { environment: 'prod' },
};
