import { Token } from 'cdktf';
import type { Problem } from '../validation';
import type { AksClusterProps } from './aks-cluster';
import { AksNames, namesOf } from './aks-names';
import { networkRanges } from './aks-network';
import type { AksNodePoolSize } from './aks-node-pool';
import { addressOf, contains, isRange, overlap } from './cidr';
import { meshRevisionProblems } from './mesh-revisions';

const NAMING = 'https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules';

/** What Azure accepts as names: pattern, and the same in words. */
const NAME_RULES: Readonly<Record<keyof AksNames | 'dnsLabel', readonly [RegExp, string]>> = {
  resourceGroup: [/^[-\w.()]{0,89}[-\w()]$/, 'a resource group has 1 to 90 letters, digits, dashes, underscores, dots and brackets, and no dot at the end'],
  nodeResourceGroup: [/^[-\w.()]{0,79}[-\w()]$/, 'the resource group of the nodes has 1 to 80 letters, digits, dashes, underscores, dots and brackets, and no dot at the end'],
  cluster: [/^[a-zA-Z0-9]([-\w]{0,61}[a-zA-Z0-9])?$/, 'a cluster has 1 to 63 letters, digits, dashes and underscores, a letter or digit at both ends'],
  dnsPrefix: [/^[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?$/, 'a DNS prefix has 1 to 54 letters, digits and dashes, a letter or digit at both ends'],
  network: [/^[a-zA-Z0-9][-\w.]{0,62}\w$/, 'a virtual network has 2 to 64 letters, digits, dashes, underscores and dots'],
  identity: [/^[a-zA-Z0-9][-\w]{2,127}$/, 'an identity has 3 to 128 letters, digits, dashes and underscores'],
  ingressIp: [/^[a-zA-Z0-9]([-\w.]{0,78}\w)?$/, 'a public address has 1 to 80 letters, digits, dashes, underscores and dots'],
  dnsLabel: [/^[a-z][-a-z0-9]{1,61}[a-z0-9]$/, 'a DNS label has 3 to 63 lower-case letters, digits and dashes, and begins with a letter'],
};

/** Every property of a cluster that Azure would refuse, or that would lock everybody out. */
export function aksClusterProblems(props: AksClusterProps, at: string): Problem[] {
  return [
    ...nameProblems({ ...namesOf(props.name), ...(props.ingress ? { dnsLabel: props.ingress.dnsLabel } : {}) }, at),
    ...accessProblems(props, at),
    ...networkProblems(props, at),
    ...(['systemPool', 'userPool'] as const).flatMap((pool) => poolProblems(props[pool], `${at}: ${pool}`)),
    ...(props.mesh ? meshRevisionProblems(props.mesh.revisions, `${at}: mesh.revisions`) : []),
  ];
}

function nameProblems(names: Partial<Record<keyof typeof NAME_RULES, string>>, at: string): Problem[] {
  return (Object.keys(names) as (keyof typeof NAME_RULES)[]).flatMap((kind) => {
    const name = names[kind];
    const [pattern, rule] = NAME_RULES[kind];
    return name === undefined || Token.isUnresolved(name) || pattern.test(name)
      ? []
      : [{ at: `${at}: ${kind}`, value: name, rule, mend: kind === 'dnsLabel' ? 'Change ingress.dnsLabel' : 'Change name, which the others are made from', see: NAMING }];
  });
}

function accessProblems({ adminGroupObjectIds, kubernetesVersion }: AksClusterProps, at: string): Problem[] {
  const problems: Problem[] = [];
  if (adminGroupObjectIds.length === 0) {
    problems.push({
      at: `${at}: adminGroupObjectIds`,
      value: adminGroupObjectIds,
      rule: 'local accounts are off, so that without a group nobody could log in',
      mend: 'Name the Entra group of the deployers by its object id',
    });
  }
  if (kubernetesVersion !== undefined && !Token.isUnresolved(kubernetesVersion) && !/^1\.\d+$/.test(kubernetesVersion)) {
    problems.push({
      at: `${at}: kubernetesVersion`,
      value: kubernetesVersion,
      rule: 'must be a minor version: patches are installed by Azure, and a fixed one would be a diff after each',
      mend: 'Write it like 1.35',
    });
  }
  return problems;
}

function networkProblems({ network }: AksClusterProps, at: string): Problem[] {
  const { dnsServiceIp, ...ranges } = networkRanges(network);
  const names = Object.keys(ranges) as (keyof typeof ranges)[];
  if (names.some((name) => Token.isUnresolved(ranges[name]))) {
    return [];
  }
  const malformed = names.filter((name) => !isRange(ranges[name]));
  if (malformed.length > 0) {
    return malformed.map((name) => ({ at: `${at}: network.${name}`, value: ranges[name], rule: 'must be an IPv4 range', mend: 'Write it like 10.224.0.0/16' }));
  }
  const problems: Problem[] = [];
  if (!contains(ranges.addressSpace, ranges.nodeSubnet)) {
    problems.push({
      at: `${at}: network.nodeSubnet`,
      value: ranges.nodeSubnet,
      rule: `must lie within the virtual network, ${ranges.addressSpace}`,
      mend: 'Change one of them',
    });
  }
  const apart = ['addressSpace', 'podCidr', 'serviceCidr'] as const;
  apart.forEach((one, index) =>
    apart.slice(index + 1).forEach((other) => {
      if (overlap(ranges[one], ranges[other])) {
        problems.push({ at: `${at}: network.${other}`, value: ranges[other], rule: `must not overlap ${one}, ${ranges[one]}`, mend: 'Choose ranges apart' });
      }
    }),
  );
  const reserved = [addressOf(ranges.serviceCidr, 0), addressOf(ranges.serviceCidr, 1)];
  if (!Token.isUnresolved(dnsServiceIp) && (!contains(ranges.serviceCidr, dnsServiceIp) || reserved.includes(dnsServiceIp))) {
    problems.push({
      at: `${at}: network.dnsServiceIp`,
      value: dnsServiceIp,
      rule: `must lie within serviceCidr, ${ranges.serviceCidr}, and not be one of its first two addresses, which Kubernetes keeps`,
      mend: `Use ${addressOf(ranges.serviceCidr, 10)}`,
    });
  }
  return problems;
}

function poolProblems(size: AksNodePoolSize | undefined, at: string): Problem[] {
  const { min = 1, max = min } = size ?? {};
  return min < 1 || max < min || !Number.isInteger(min) || !Number.isInteger(max)
    ? [{ at, value: size, rule: 'min must be a whole number of at least 1, and max at least min', mend: 'Raise them' }]
    : [];
}
