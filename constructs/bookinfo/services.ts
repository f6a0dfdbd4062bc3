import { existingService, IService } from '../kubernetes/service';

/** Names of Bookinfo's services. */
export const BOOKINFO_SERVICES = ['details', 'ratings', 'reviews', 'productpage'] as const;
/** Name of a Service of Bookinfo. */
export type BookinfoServiceName = (typeof BOOKINFO_SERVICES)[number];

/** Bookinfo as other layers see it. Every member is known at synth, so it can be handed to another stack. */
export interface IBookinfo extends Readonly<Record<BookinfoServiceName, IService>> {
  /** Namespace of its Services. */
  readonly namespace: string;
}

/** Port of every Service, and of every container. */
export const BOOKINFO_PORT = 9080;

const VERSIONS: Readonly<Record<BookinfoServiceName, readonly string[]>> = {
  details: ['v1'],
  ratings: ['v1'],
  reviews: ['v1', 'v2', 'v3'],
  productpage: ['v1'],
};

/** Describes Bookinfo in a namespace, whoever deploys it. */
export function bookinfoServices(props: { readonly namespace: string }): IBookinfo {
  const { namespace } = props;
  const service = (name: BookinfoServiceName): IService =>
    existingService({
      name,
      namespace,
      ports: [{ name: 'http', port: BOOKINFO_PORT }],
      serviceAccountName: `bookinfo-${name}`,
      versions: VERSIONS[name],
    });
  return {
    namespace,
    details: service('details'),
    ratings: service('ratings'),
    reviews: service('reviews'),
    productpage: service('productpage'),
  };
}
