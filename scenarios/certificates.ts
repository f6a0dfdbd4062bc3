/** Host of the scenarios that the gateway serves by HTTPS. */
export const SHOP_HOST = 'shop.bookinfo.example';

/** Its certificate in environments that are for demonstrations. */
export const DEMO_CERTIFICATE = { secretName: 'bookinfo-tls', hosts: [SHOP_HOST] };
