import type { User } from '@gatehouse/contracts';
import { Badge } from '@mantine/core';

export const UserStatusBadge = ({ status }: Pick<User, 'status'>) =>
  status === 'active' ? (
    <Badge color="teal" variant="outline" size="sm">
      Active
    </Badge>
  ) : (
    <Badge color="orange" variant="outline" size="sm">
      Suspended
    </Badge>
  );
