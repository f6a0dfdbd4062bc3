import { Construct } from 'constructs';
import { VersionServices } from '../gateway-api/version-services';
import { BookinfoServiceName, IBookinfo } from './services';

export interface BookinfoVersionsProps {
  readonly bookinfo: Pick<IBookinfo, BookinfoServiceName>;
}

/**
 * A Service for each version of Bookinfo's services, as routes of the Gateway API need: `details-v1`, `reviews-v1` to `reviews-v3` and so on.
 * @see https://github.com/istio/istio/blob/release-1.29/samples/bookinfo/platform/kube/bookinfo-versions.yaml
 */
export class BookinfoVersions extends Construct implements Readonly<Record<BookinfoServiceName, VersionServices>> {
  readonly details: VersionServices;
  readonly ratings: VersionServices;
  readonly reviews: VersionServices;
  readonly productpage: VersionServices;

  constructor(scope: Construct, id: string, { bookinfo }: BookinfoVersionsProps) {
    super(scope, id);
    this.details = new VersionServices(this, 'Details', { service: bookinfo.details });
    this.ratings = new VersionServices(this, 'Ratings', { service: bookinfo.ratings });
    this.reviews = new VersionServices(this, 'Reviews', { service: bookinfo.reviews });
    this.productpage = new VersionServices(this, 'Productpage', { service: bookinfo.productpage });
  }
}
