import { Construct } from 'constructs';
import { Identity } from '../security/identity';
import { AuthorizationPolicy } from '../security/authorization-policy';
import { PeerAuthentication } from '../security/peer-authentication';
import { IMesh, meshOf, provideMesh } from '../mesh/mesh';
import { Destination } from '../traffic/destination';
import { Gateway } from '../traffic/gateway';
import { Match } from '../traffic/match';
import { MeshService } from '../traffic/mesh-service';
import { VirtualService } from '../traffic/virtual-service';
import type { BookinfoImages } from './images';
import { IBookinfo } from './services';

/** Settings of {@link BookinfoTraffic}. */
export interface BookinfoTrafficProps {
  /** Services whose traffic it is. */
  readonly bookinfo: IBookinfo;
  /** Mesh that its objects are written for. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /** Host names that the gateway answers for. @default every one */
  readonly hosts?: readonly string[];
  /** Where images of further versions come from. @default upstream's */
  readonly images?: BookinfoImages;
  /** Host outside of the cluster that Bookinfo may be allowed to call. @default 'www.example.com' */
  readonly externalHost?: string;
  /** Address of a MySQL outside of Kubernetes that ratings may read. @default an address that nobody has */
  readonly externalDatabase?: string;
  /** Whether the namespace takes mutual TLS alone; where not, a PeerAuthentication or MtlsMigration is yours to make. @default true */
  readonly strictMtls?: boolean;
  /** Whether the calls that the page makes are allowed; where not, nothing is, until a policy allows it. @default true */
  readonly allowPage?: boolean;
}

/** @see https://www.rfc-editor.org/rfc/rfc5737 */
const NOBODY = '192.0.2.1';

/** What productpage serves to the outside. */
export const PRODUCTPAGE_PATHS: readonly Match[] = [
  Match.path().exact('/productpage'),
  Match.path().prefix('/static'),
  Match.path().exact('/login'),
  Match.path().exact('/logout'),
  Match.path().prefix('/api/v1/products'),
];

/**
 * Bookinfo's place in the mesh, before any scenario: the gateway opened for productpage, a subset for every version, and unless told otherwise
 * STRICT mTLS and nothing allowed but the calls that Bookinfo's page makes, by the identity of the caller. The services are its members, to be
 * routed. Of the API only `/api/v1/products/<id>/ratings` stays refused: there productpage would call ratings itself.
 */
export class BookinfoTraffic extends Construct {
  /** Gateway that serves productpage. */
  readonly gateway: Gateway;
  /** Namespace of its objects. */
  readonly namespace: string;
  /** Host outside that scenarios call. */
  readonly externalHost: string;
  /** IP address of a database outside of Kubernetes, where there is one. */
  readonly externalDatabase: string;
  /** Where images of further versions come from. */
  readonly images: BookinfoImages;
  /** What the gateway serves; routes can be added. */
  readonly ingress: VirtualService;
  /** Routes and callers of details. */
  readonly details: MeshService;
  /** Routes and callers of ratings. */
  readonly ratings: MeshService;
  /** Routes and callers of reviews. */
  readonly reviews: MeshService;
  /** Routes and callers of productpage. */
  readonly productpage: MeshService;

  constructor(scope: Construct, id: string, props: BookinfoTrafficProps) {
    super(scope, id);
    const { bookinfo } = props;
    const { namespace } = bookinfo;
    this.namespace = namespace;
    this.images = props.images ?? {};
    this.externalDatabase = props.externalDatabase ?? NOBODY;
    this.externalHost = props.externalHost ?? 'www.example.com';
    const mesh = props.mesh ?? meshOf(this);
    if (mesh) {
      // What scenarios add below belongs to it too.
      provideMesh(this, mesh);
    }
    this.details = new MeshService(this, 'Details', { service: bookinfo.details, mesh });
    this.ratings = new MeshService(this, 'Ratings', { service: bookinfo.ratings, mesh });
    this.reviews = new MeshService(this, 'Reviews', { service: bookinfo.reviews, mesh });
    this.productpage = new MeshService(this, 'Productpage', { service: bookinfo.productpage, mesh });

    this.gateway = new Gateway(this, 'Gateway', { name: 'bookinfo-gateway', namespace, mesh, hosts: props.hosts });
    this.ingress = new VirtualService(this, 'Ingress', {
      name: 'bookinfo',
      namespace,
      mesh,
      hosts: this.gateway.hosts,
      gateways: [this.gateway],
      routes: [{ match: PRODUCTPAGE_PATHS, to: Destination.of(bookinfo.productpage, { port: bookinfo.productpage.ports[0].port }) }],
    });

    if (props.strictMtls ?? true) {
      new PeerAuthentication(this, 'StrictMtls', { name: 'default', namespace, mesh, mode: 'STRICT' });
    }
    AuthorizationPolicy.denyAll(this, 'DenyAll', { namespace, mesh });
    if (props.allowPage ?? true) {
      this.allowPage();
    }
  }

  /** Allows the calls that the page makes, each by the identity of its caller, and nothing else. */
  private allowPage(): void {
    this.productpage.allowFromGateway();
    const reads = (service: MeshService, caller: Identity): MeshService =>
      service.allowFrom(caller, { methods: ['GET'], paths: [`/${service.name}/*`] });
    reads(this.details, this.productpage);
    reads(this.reviews, this.productpage);
    reads(this.ratings, this.reviews);
  }
}
