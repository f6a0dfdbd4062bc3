import { DEMO_CERTIFICATE } from '../scenarios/certificates';
import { scenarioProviders } from '../scenarios/providers';
import type { EnvironmentInput } from './environment';
import { adminGroups, dnsLabel } from './settings';

/** The cheapest AKS cluster that serves Bookinfo well: free tier, two small node pools. */
export const dev: EnvironmentInput = {
  name: 'dev',
  cluster: {
    kind: 'aks',
    profile: 'demo',
    location: 'westeurope',
    dnsLabel: dnsLabel('dev'),
    adminGroupObjectIds: adminGroups(),
  },
  mesh: {
    flavor: 'helm',
    meshConfig: { accessLogFile: '/dev/stdout', extensionProviders: scenarioProviders() },
    demoCertificates: [DEMO_CERTIFICATE],
    helm: { version: '1.29.1' },
    addon: { revisions: ['asm-1-30'] },
  },
  tags: { environment: 'dev' },
};
