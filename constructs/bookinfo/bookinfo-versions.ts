import { Construct } from 'constructs';
import { VersionServices } from '../gateway-api/version-services';
import { BookinfoServiceName, IBookinfo } from './services';

/** Settings of {@link BookinfoVersions}. */
export interface BookinfoVersionsProps {
  /** Services whose versions get Services of their own. */
  readonly bookinfo: Pick<IBookinfo, BookinfoServiceName>;
}

/**
 * A Service for each version of Bookinfo's services, as routes of the Gateway API need: `details-v1`, `reviews-v1` to `reviews-v3` and so on.
 * @see https://github.com/istio/istio/blob/release-1.29/samples/bookinfo/platform/kube/bookinfo-versions.yaml
 */
export class BookinfoVersions extends Construct implements Readonly<Record<BookinfoServiceName, VersionServices>> {
  /** Services of the versions of details. */
  readonly details: VersionServices;
  /** Services of the versions of ratings. */
  readonly ratings: VersionServices;
  /** Services of the versions of reviews. */
  readonly reviews: VersionServices;
  /** Services of the versions of productpage. */
  readonly productpage: VersionServices;

  constructor(scope: Construct, id: string, { bookinfo }: BookinfoVersionsProps) {
    super(scope, id);
    this.details = new VersionServices(this, 'Details', { service: bookinfo.details });
    this.ratings = new VersionServices(this, 'Ratings', { service: bookinfo.ratings });
    this.reviews = new VersionServices(this, 'Reviews', { service: bookinfo.reviews });
    this.productpage = new VersionServices(this, 'Productpage', { service: bookinfo.productpage });
  }
}
