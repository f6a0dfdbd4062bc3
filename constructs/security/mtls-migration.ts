import { Token } from 'cdktf';
import { Construct } from 'constructs';
import type { IWorkload } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { MtlsMode, PeerAuthentication } from './peer-authentication';
import { Problem, throwOnProblems } from '../validation';

/** Pods, by their labels and the name of their workload. */
export type MigratedWorkload = Pick<IWorkload, 'name' | 'labels'> & Partial<Pick<IWorkload, 'namespace'>>;

/** Ports of a workload that differ, while its others are as all. */
export interface MigratedPorts {
  /** Whose ports they are. */
  readonly workload: MigratedWorkload;
  /** Ports that the pods listen on, 1 to 65535, which need not be the Service's. */
  readonly ports: readonly number[];
}

/** How far a migration has come, and who is not there yet or there already. */
export interface MtlsMigrationStep {
  /**
   * `permissive`: all are PERMISSIVE, and those that differ STRICT; `strict`: the reverse.
   */
  readonly step: 'permissive' | 'strict';
  /** Workloads that differ, or single ports of them: those done at `permissive`, those left at `strict`. @default none */
  readonly except?: readonly (MigratedWorkload | MigratedPorts)[];
  /** The mesh that it is for. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** Migration of one namespace. */
export interface MtlsMigrationProps extends MtlsMigrationStep {
  /** Namespace that is taken to mutual TLS, with what differs in it. */
  readonly namespace: string;
}

/** Migration of the mesh. */
export interface MeshMtlsMigrationProps extends MtlsMigrationStep {
  /** Namespaces that differ: those done at `permissive`, those left at `strict`. @default none */
  readonly exceptNamespaces?: readonly string[];
}

/** What a migration consists of, whether it is for the mesh or a namespace. */
interface Plan extends MtlsMigrationProps, MeshMtlsMigrationProps {}

/**
 * Takes a namespace, or the mesh, from plaintext to mutual TLS in steps that each can be taken back. Before the next one, look for plaintext that
 * still comes: `istio_requests_total{connection_security_policy="none"}`.
 * @see https://istio.io/latest/docs/tasks/security/authentication/mtls-migration/
 */
export class MtlsMigration extends Construct {
  /**
   * Migrates the whole mesh: namespaces and workloads may differ, each workload in its own namespace.
   * @throws ProblemError where something is named twice, or a workload says no namespace
   */
  static forMesh(scope: Construct, id: string, props: MeshMtlsMigrationProps): MtlsMigration {
    const plan: Plan = { ...props, namespace: (props.mesh ?? meshOf(scope))?.rootNamespace ?? '' };
    return new MtlsMigration(scope, id, plan);
  }

  /** What holds where nothing narrower says otherwise: in the namespace, or in the mesh. */
  readonly namespaceDefault: PeerAuthentication;

  /** @throws ProblemError where a workload is named twice, or lives elsewhere */
  constructor(scope: Construct, id: string, props: MtlsMigrationProps) {
    super(scope, id);
    const { namespace, step, except = [], exceptNamespaces = [] } = props as Plan;
    const mesh = props.mesh ?? meshOf(this);
    const meshWide = namespace === mesh?.rootNamespace;
    throwOnProblems(`${this.node.path} cannot be created:`, this.planProblems(except, exceptNamespaces, meshWide));
    const [all, others] = step === 'strict' ? (['STRICT', 'PERMISSIVE'] as const) : (['PERMISSIVE', 'STRICT'] as const);
    this.namespaceDefault = new PeerAuthentication(this, 'Default', { name: 'default', namespace, mesh, mode: all });
    for (const other of exceptNamespaces) {
      new PeerAuthentication(this, `Namespace-${other}`, { name: 'default', namespace: other, mesh, mode: others });
    }
    for (const exception of except) {
      const { workload, ports } = portsOf(exception);
      const place = meshWide ? workload.namespace : namespace;
      const own: MtlsMode = ports && exceptNamespaces.includes(place ?? '') ? others : all;
      new PeerAuthentication(this, meshWide ? `${place}-${workload.name}` : workload.name, {
        name: workload.name,
        namespace: place,
        mesh,
        workload,
        mode: ports ? own : others,
        ports: ports && Object.fromEntries(ports.map((port) => [port, own === all ? others : all])),
      });
    }
  }

  private planProblems(except: readonly (MigratedWorkload | MigratedPorts)[], namespaces: readonly string[], meshWide: boolean): Problem[] {
    const at = (field: string): string => `${this.node.path}: ${field}`;
    const workloads = except.map((exception) => portsOf(exception).workload);
    const twice = (field: string, names: readonly string[], rule: string): Problem[] =>
      names.filter((name, index) => names.indexOf(name) !== index).map((value) => ({ at: at(field), value, rule, mend: 'Name it once' }));
    return [
      ...twice('except', workloads.map(({ name, namespace }) => (meshWide ? `${namespace}/${name}` : name)), 'a workload is in one state'),
      ...twice('exceptNamespaces', namespaces, 'a namespace is in one state'),
      ...workloads.flatMap(({ name, namespace }) =>
        meshWide && namespace === undefined
          ? [{ at: at('except'), value: name, rule: 'in a mesh, a workload is known by its namespace too', mend: 'Give `namespace`' }]
          : [],
      ),
      ...except.flatMap((exception) => {
        const { workload, ports } = portsOf(exception);
        return ports?.length === 0 ? [{ at: at('except'), value: workload.name, rule: 'no port of it differs', mend: 'Name the ports, or give the workload alone' }] : [];
      }),
      ...except.flatMap((exception) =>
        (portsOf(exception).ports ?? [])
          .filter((port) => !Token.isUnresolved(port) && !(Number.isInteger(port) && port >= 1 && port <= 65535))
          .map((value) => ({ at: at('except'), value, rule: 'a port is a whole number from 1 to 65535', mend: 'Give the port that the pods listen on' })),
      ),
    ];
  }
}

function portsOf(exception: MigratedWorkload | MigratedPorts): { readonly workload: MigratedWorkload; readonly ports?: readonly number[] } {
  return 'workload' in exception ? exception : { workload: exception };
}
