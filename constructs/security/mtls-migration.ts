import { Construct } from 'constructs';
import type { IWorkload } from '../kubernetes/service';
import type { IMesh } from '../mesh/mesh';
import { PeerAuthentication } from './peer-authentication';
import { throwOnProblems } from '../validation';

export interface MtlsMigrationProps {
  readonly namespace: string;
  /**
   * How far it has come: at `permissive` the namespace takes plaintext, but for the workloads that are done; at `strict` it takes none, but for those
   * that are left.
   */
  readonly step: 'permissive' | 'strict';
  /** Workloads that differ from the namespace: those done at `permissive`, those left at `strict`. @default none */
  readonly except?: readonly (Pick<IWorkload, 'name' | 'labels'>)[];
  /** @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/**
 * Takes a namespace from plaintext to mutual TLS in steps that each can be taken back. Before the next one, look for plaintext that still comes:
 * `istio_requests_total{connection_security_policy="none"}`.
 * @see https://istio.io/latest/docs/tasks/security/authentication/mtls-migration/
 */
export class MtlsMigration extends Construct {
  readonly namespaceDefault: PeerAuthentication;

  /** @throws ProblemError where a workload is named twice */
  constructor(scope: Construct, id: string, props: MtlsMigrationProps) {
    super(scope, id);
    const names = (props.except ?? []).map(({ name }) => name);
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      names
        .filter((name, index) => names.indexOf(name) !== index)
        .map((value) => ({ at: `${this.node.path}: except`, value, rule: 'a workload is in one state', mend: 'Name it once' })),
    );
    const [all, others] = props.step === 'strict' ? (['STRICT', 'PERMISSIVE'] as const) : (['PERMISSIVE', 'STRICT'] as const);
    const { namespace, mesh } = props;
    this.namespaceDefault = new PeerAuthentication(this, 'Default', { name: 'default', namespace, mesh, mode: all });
    for (const workload of props.except ?? []) {
      new PeerAuthentication(this, workload.name, { name: workload.name, namespace, mesh, workload, mode: others });
    }
  }
}
