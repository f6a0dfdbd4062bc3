import { scenarioProviders } from '../scenarios/providers';
import type { EnvironmentInput } from './environment';
import { adminGroups, authorizedRanges, dnsLabel } from './settings';

/**
 * An AKS cluster with an uptime SLA, three zones, room to grow, a guarded API server, and everything that the profile production switches on;
 * two replicas of everything, and only known hosts outside the mesh.
 */
export const prod: EnvironmentInput = {
  name: 'prod',
  cluster: {
    kind: 'aks',
    location: 'westeurope',
    dnsLabel: dnsLabel('prod'),
    adminGroupObjectIds: adminGroups(),
    profile: 'production',
    authorizedIpRanges: authorizedRanges(),
    // One node a zone at least.
    systemPool: { vmSize: 'Standard_D4ds_v5', min: 3, max: 6 },
    userPool: { vmSize: 'Standard_D4ds_v5', min: 3, max: 10 },
    maintenance: { day: 'Sunday', start: '02:00', hours: 6 },
  },
  mesh: {
    flavor: 'helm',
    meshConfig: { accessLogFile: '/dev/stdout', extensionProviders: scenarioProviders(), outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
    // Azure Policy may forbid the privileges that an init container needs.
    helm: { version: '1.29.1', trafficRedirection: 'cni' },
    addon: { revisions: ['asm-1-30'], trafficRedirection: 'cni' },
  },
  bookinfo: { replicas: 2 },
  tags: { environment: 'prod' },
};
