import type { Connector } from '@gatehouse/contracts';
import { Badge } from '@mantine/core';
import { validityOf, worstValidity } from '../../parts/when.ts';

/** What an administrator must see of a connector at once: that it is off, or that its certificates run out. */
export const ConnectorState = ({ connector }: { readonly connector: Connector }) => {
  const now = Date.now();
  const validity = worstValidity(connector.saml.certificateDetails.map((detail) => validityOf(detail, now)));
  return (
    <>
      {!connector.enabled && (
        <Badge color="gray" size="sm">
          Disabled
        </Badge>
      )}
      {validity?.state === 'expired' && (
        <Badge color="red" size="sm">
          Certificate expired
        </Badge>
      )}
      {validity?.state === 'expiring' && (
        <Badge color="orange" size="sm" title={validity.words}>
          Certificate expiring
        </Badge>
      )}
    </>
  );
};
