import { DeploymentV1, DeploymentV1SpecTemplateSpecContainer } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { Construct } from 'constructs';
import { existingService, IService } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { AuthorizationPolicy } from '../security/authorization-policy';
import type { Identity } from '../security/identity';
import { BookinfoImages, bookinfoImage } from './images';
import { environment, EnvironmentValue } from './pod-template';

/** The databases that Bookinfo's ratings v2 can read. */
export type RatingsDatabaseKind = 'mysql' | 'mongodb';

/** Settings of {@link RatingsDatabase}. */
export interface RatingsDatabaseProps {
  /** Database that ratings read. */
  readonly kind: RatingsDatabaseKind;
  /** Bookinfo's. */
  readonly namespace: string;
  /** Who may connect: the identity of ratings. */
  readonly callers: readonly Identity[];
  /** Password of MySQL's root. It lands in the state of the stack, as sample data does. @default 'password', as upstream has it */
  readonly password?: string;
  /** Where its images are pulled from. @default upstream's */
  readonly images?: BookinfoImages;
  /** Mesh that its objects are written for. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

interface Database {
  readonly service: string;
  readonly port: number;
  /** Istio takes the protocol from it: MySQL's server speaks first, so that nothing can be detected. */
  readonly portName: string;
  readonly args: readonly string[];
  /** Folders that the program writes to, by volume name. */
  readonly scratch: Readonly<Record<string, string>>;
}

/** As upstream has them. Both images are made to run as this user too, without root. */
const USER = '999';
const DATABASES: Readonly<Record<RatingsDatabaseKind, Database>> = {
  mysql: {
    service: 'mysqldb',
    port: 3306,
    portName: 'tcp',
    args: ['--default-authentication-plugin', 'mysql_native_password'],
    scratch: { 'var-lib-mysql': '/var/lib/mysql', 'var-run-mysqld': '/var/run/mysqld', tmp: '/tmp' },
  },
  mongodb: {
    service: 'mongodb',
    port: 27017,
    portName: 'mongo',
    args: ['--ipv6', '--bind_ip_all'],
    scratch: { 'data-db': '/data/db', 'data-configdb': '/data/configdb', tmp: '/tmp' },
  },
};
const CREDENTIALS = { secretName: 'mysql-credentials', key: 'rootpasswd' };

/**
 * The database of ratings v2, with upstream's two ratings in it, in a pod of the mesh: mutual TLS on the way to it, and nobody but the callers
 * is let in. MySQL speaks first, so that others still see its greeting: a proxy decides when the client's first bytes come.
 * What is written is gone with the pod.
 * @see https://github.com/istio/istio/blob/release-1.29/samples/bookinfo/platform/kube/bookinfo-mysql.yaml
 */
export class RatingsDatabase extends Construct {
  /** The Service of the database. */
  readonly service: IService;
  /** What ratings v2 finds it by. */
  readonly clientEnvironment: Readonly<Record<string, EnvironmentValue>>;

  constructor(scope: Construct, id: string, props: RatingsDatabaseProps) {
    super(scope, id);
    const { kind, namespace, callers } = props;
    const { service: name, port, portName, args, scratch } = DATABASES[kind];
    const mesh = props.mesh ?? meshOf(this);
    this.service = existingService({ name, namespace, ports: [{ name: portName, port }], serviceAccountName: `bookinfo-${name}`, versions: ['v1'] });
    const labels = { ...this.service.labels, version: 'v1' };
    const { env, clientEnvironment } = environmentsOf(kind, name, port);
    this.clientEnvironment = clientEnvironment;

    const secrets = kind === 'mysql' ? [this.credentials(namespace, props.password ?? 'password')] : [];
    new ServiceV1(this, 'Resource', {
      metadata: { name, namespace, labels: { ...this.service.labels, service: name } },
      spec: { selector: { ...this.service.labels }, port: [{ name: portName, port }] },
    });
    const account = new ServiceAccountV1(this, 'ServiceAccount', {
      metadata: { name: this.service.serviceAccountName, namespace },
      automountServiceAccountToken: false,
    });
    const container: DeploymentV1SpecTemplateSpecContainer = {
      name,
      image: bookinfoImage(name, props.images),
      imagePullPolicy: 'IfNotPresent',
      args: [...args],
      port: [{ containerPort: port }],
      env: environment(env),
      resources: { requests: { cpu: '20m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
      // A database that is new is started twice: once to fill it.
      startupProbe: { tcpSocket: [{ port: String(port) }], periodSeconds: 2, failureThreshold: 60 },
      readinessProbe: { tcpSocket: [{ port: String(port) }], periodSeconds: 5 },
      securityContext: { runAsNonRoot: true, runAsUser: USER, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      volumeMount: Object.entries(scratch).map(([volume, mountPath]) => ({ name: volume, mountPath })),
    };
    new DeploymentV1(this, 'Deployment', {
      metadata: { name: `${name}-v1`, namespace, labels },
      spec: {
        replicas: '1',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: this.service.serviceAccountName,
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, fsGroup: USER, seccompProfile: { type: 'RuntimeDefault' } },
            container: [container],
            volume: Object.keys(scratch).map((volume) => ({ name: volume, emptyDir: {} })),
          },
        },
      },
      waitForRollout: true,
      timeouts: { create: '10m', update: '10m' },
      dependsOn: [account, ...secrets],
    });
    new AuthorizationPolicy(this, 'Callers', {
      name: `${name}-callers`,
      namespace,
      mesh,
      target: this.service,
      rules: [{ from: [...callers], to: [{ ports: [port] }] }],
    });
  }

  private credentials(namespace: string, password: string): SecretV1 {
    return new SecretV1(this, 'Credentials', { metadata: { name: CREDENTIALS.secretName, namespace }, data: { [CREDENTIALS.key]: password } });
  }
}

/** What the database and ratings v2 are told. */
function environmentsOf(kind: RatingsDatabaseKind, host: string, port: number): Record<'env' | 'clientEnvironment', Record<string, EnvironmentValue>> {
  return kind === 'mysql'
    ? { env: { MYSQL_ROOT_PASSWORD: CREDENTIALS }, clientEnvironment: mysqlClient(host, port, CREDENTIALS) }
    : { env: {}, clientEnvironment: { MONGO_DB_URL: `mongodb://${host}:${port}/test` } };
}

/** What ratings v2 finds a MySQL by, wherever it runs. */
export function mysqlClient(host: string, port: number, password: EnvironmentValue): Record<string, EnvironmentValue> {
  return { DB_TYPE: 'mysql', MYSQL_DB_HOST: host, MYSQL_DB_PORT: String(port), MYSQL_DB_USER: 'root', MYSQL_DB_PASSWORD: password };
}
