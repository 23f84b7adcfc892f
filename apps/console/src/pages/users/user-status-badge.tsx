import type { User } from '@gatehouse/contracts';
import { Badge } from '@mantine/core';

export const UserStatusBadge = ({ status }: Pick<User, 'status'>) =>
  status === 'active' ? (
    <Badge color="teal" size="sm">
      Active
    </Badge>
  ) : (
    <Badge color="orange" size="sm">
      Suspended
    </Badge>
  );
