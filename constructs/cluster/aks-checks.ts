import { Token } from 'cdktf';
import type { Problem } from '../validation';
import type { AksClusterProps } from './aks-cluster-props';
import { AksNames, namesOf } from './aks-names';
import { poolDefaultsOf, settingsOf } from './aks-settings';
import { azureNameProblems } from './azure-names';
import { addressOf, contains, isRange, overlap } from './cidr';
import { meshProfileProblems } from './mesh-profile';
import { networkRanges } from './network-ranges';
import { diskProblems, sizeProblems } from './node-pool-checks';

/** Every property of a cluster that Azure would refuse, or that would lock everybody out. */
export function aksClusterProblems(props: AksClusterProps, at: string): Problem[] {
  const { osDisk } = settingsOf(props);
  return [
    ...nameProblems(props, at),
    ...accessProblems(props, at),
    ...networkProblems(props, at),
    ...(['systemPool', 'userPool'] as const).flatMap((pool) => [
      ...sizeProblems(props[pool] ?? {}, 1, `${at}: ${pool}`),
      ...diskProblems(props[pool] ?? {}, props[pool]?.osDisk ?? osDisk, `${at}: ${pool}`),
    ]),
    ...(props.maintenance?.problems(`${at}: maintenance`) ?? []),
    ...(props.mesh ? meshProfileProblems(props.mesh, poolDefaultsOf(props, '').kubernetesVersion, `${at}: mesh`) : []),
  ];
}

function nameProblems({ name, names, ingress }: AksClusterProps, at: string): Problem[] {
  const all = Object.entries(namesOf(name, names)) as [keyof AksNames, string][];
  return [
    ...all.flatMap(([kind, value]) => azureNameProblems(kind, value, `${at}: ${kind}`, 'Change name, which the others are made from')),
    ...azureNameProblems('dnsLabel', ingress?.dnsLabel, `${at}: dnsLabel`, 'Change ingress.dnsLabel'),
  ];
}

function accessProblems(props: AksClusterProps, at: string): Problem[] {
  const { adminGroupObjectIds, kubernetesVersion, authorizedIpRanges = [], privateApiServer = false } = props;
  const problems: Problem[] = [];
  if (props.profile === 'production' && !privateApiServer && authorizedIpRanges.length === 0) {
    problems.push({
      at: `${at}: authorizedIpRanges`,
      rule: 'in production the API server answers known addresses only',
      mend: 'Name the ranges of those who deploy, or set privateApiServer',
      see: 'https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges',
    });
  }
  if (privateApiServer && authorizedIpRanges.length > 0) {
    problems.push({ at: `${at}: authorizedIpRanges`, value: authorizedIpRanges, rule: 'a private API server takes no ranges', mend: 'Leave one of the two out' });
  }
  if (props.costAnalysis === true && props.skuTier === 'Free') {
    problems.push({ at: `${at}: costAnalysis`, value: true, rule: 'cost analysis needs a paid tier', mend: "Set skuTier to 'Standard', or leave costAnalysis out" });
  }
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

function networkProblems({ network, profile }: AksClusterProps, at: string): Problem[] {
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
  for (const subnet of ['nodeSubnet', 'endpointSubnet'] as const) {
    // The default range of private endpoints matters only where there are any.
    if ((subnet === 'nodeSubnet' || network?.endpointSubnet !== undefined || profile === 'production') && !contains(ranges.addressSpace, ranges[subnet])) {
      problems.push({
        at: `${at}: network.${subnet}`,
        value: ranges[subnet],
        rule: `must lie within the virtual network, ${ranges.addressSpace}`,
        mend: 'Change one of them',
      });
    }
  }
  if (profile === 'production' && overlap(ranges.nodeSubnet, ranges.endpointSubnet)) {
    problems.push({ at: `${at}: network.endpointSubnet`, value: ranges.endpointSubnet, rule: `must not overlap nodeSubnet, ${ranges.nodeSubnet}`, mend: 'Choose ranges apart' });
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
