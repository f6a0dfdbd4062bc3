import { Token } from 'cdktf';
import type { Problem } from '../validation';
import { isIpAddress, whyNotHost } from '../validation/istio/rules/names';
import { cidrProblems } from './cidr-rules';
import type { EgressHost, EgressHostProps } from './egress-host';
import { LONGEST_EXIT_NAME } from './egress-names';

/**
 * What stands against a way out.
 * @param others ways out to the same host that were there before
 */
export function egressProblems(egress: EgressHost, props: EgressHostProps, others: readonly EgressHost[]): Problem[] {
  const at = (field: string): string => `${egress.node.path}: ${field}`;
  return [
    ...hostProblems(at('host'), props),
    ...nameProblems(at('name'), props),
    ...protocolProblems(at('protocol'), egress),
    ...gatewayProblems(at, egress, props),
    ...cidrProblems(egress.addressBlocks, at('addressBlocks')),
    ...otherProblems(at, egress, others),
  ];
}

function hostProblems(at: string, { host, protocol, throughGateway }: EgressHostProps): Problem[] {
  if (Token.isUnresolved(host)) {
    return [];
  }
  const reason = isIpAddress(host) ? 'an address has no name that TLS or HTTP could ask for' : whyNotHost(host);
  if (reason !== undefined) {
    const mend = isIpAddress(host) ? 'Name the host, or use a ServiceEntry with `addresses`' : 'Write the name alone, without scheme, port and path: api.example.com';
    return [{ at, value: host, rule: reason, mend }];
  }
  return host.includes('*') && (throughGateway || [protocol].flat().includes('originate'))
    ? [{ at, value: host, rule: 'a gateway or an encrypting proxy has to resolve the host itself', mend: 'Name each host' }]
    : [];
}

function nameProblems(at: string, { host, name, throughGateway }: EgressHostProps): Problem[] {
  if (name === undefined) {
    return Token.isUnresolved(host) ? [{ at, rule: 'the host is known only when it is applied, its objects are named before', mend: 'Give `name`' }] : [];
  }
  return throughGateway && !Token.isUnresolved(name) && (name.length > LONGEST_EXIT_NAME || name.includes('.'))
    ? [{ at, value: name, rule: `at the gateway a name has at most ${LONGEST_EXIT_NAME} characters, without dots`, mend: 'Give a shorter `name`, or leave it out' }]
    : [];
}

function protocolProblems(at: string, { protocols, throughGateway }: EgressHost): Problem[] {
  if (protocols.length === 0) {
    return [{ at, value: protocols, rule: 'a host is called by some protocol', mend: 'Give tls, http or originate' }];
  }
  if (!protocols.includes('originate') || new Set(protocols).size === 1) {
    return [];
  }
  const rule = throughGateway ? 'the gateway speaks TLS to the host on port 443 itself, for whatever comes' : 'originate takes ports 80 and 443, and leaves TLS of the clients as it is';
  return [{ at, value: protocols, rule, mend: throughGateway ? 'Give originate, or tls and http' : 'Give originate alone' }];
}

function gatewayProblems(at: (field: string) => string, { mesh, throughGateway }: EgressHost, props: EgressHostProps): Problem[] {
  if (!throughGateway) {
    return [];
  }
  const missing = mesh?.unsupported('EgressGateway');
  return [
    ...(!mesh || mesh.egressGateway
      ? []
      : [
          {
            at: at('throughGateway'),
            rule: missing?.reason ?? 'this mesh has no egress gateway',
            mend: missing?.alternative ?? 'Give the mesh one, or let calls leave straight out of the pods',
            see: missing?.see,
          },
        ]),
    ...(props.exportTo
      ? [
          {
            at: at('exportTo'),
            value: props.exportTo,
            rule: 'the way to the gateway is described in the namespace of those who go it',
            mend: 'Make an EgressHost in each namespace; they share the gateway',
          },
        ]
      : []),
    ...(props.addressBlocks
      ? [{ at: at('addressBlocks'), value: props.addressBlocks, rule: 'pods that go through the gateway reach nothing outside', mend: 'Leave it out' }]
      : []),
  ];
}

function otherProblems(at: (field: string) => string, egress: EgressHost, others: readonly EgressHost[]): Problem[] {
  const same = others.find(({ namespace }) => namespace === egress.namespace);
  if (same) {
    const rule = `${same.node.path} is the way of ${egress.namespace} to this host already`;
    return [{ at: at('host'), value: egress.host, rule, mend: `Leave one out; for TLS and plaintext give one of them \`protocol: ['tls', 'http']\`` }];
  }
  const opened = egress.throughGateway ? others.find(({ throughGateway }) => throughGateway) : undefined;
  return !opened || egress.protocols.every((protocol) => opened.protocols.includes(protocol))
    ? []
    : [
        {
          at: at('protocol'),
          value: egress.protocols,
          rule: `${opened.node.path} opens the gateway to this host for ${opened.protocols.join(' and ')}`,
          mend: 'Give both the same `protocol`',
        },
      ];
}
