import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { Icon } from './icons.tsx';

/** The way up to the list that a page belongs to. */
export const BackLink = ({ to, label }: { readonly to: string; readonly label: string }) => (
  <nav aria-label="Breadcrumb">
    <Anchor component={Link} to={to} size="sm" className="back-link">
      <Icon name="previous" size={16} /> {label}
    </Anchor>
  </nav>
);
