/** Where Bookinfo's images come from. */
export interface BookinfoImages {
  /** Registry and path, without the trailing slash. @default 'docker.io/istio' */
  readonly registry?: string;
  /** Tag of the images. @default '1.20.3' */
  readonly tag?: string;
}

/** Full name of an image: `details-v2` is `docker.io/istio/examples-bookinfo-details-v2:1.20.3`. */
export function bookinfoImage(name: string, { registry, tag }: BookinfoImages = {}): string {
  return `${registry ?? 'docker.io/istio'}/examples-bookinfo-${name}:${tag ?? '1.20.3'}`;
}
