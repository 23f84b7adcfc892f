import { Group, Menu, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useNavigate } from 'react-router';
import { useSignOut } from '../api/session.ts';
import { Icon } from '../parts/icons.tsx';
import { notifyFailure } from '../parts/notify.ts';
import { useConsoleSession } from './session-context.ts';

const schemes = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

/** Who is signed in, the look of the console, and the way out. */
export const AccountMenu = () => {
  const { administrator } = useConsoleSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const name = administrator.displayName === '' ? administrator.username : administrator.displayName;

  const setScheme = (picked: string): void => {
    const scheme = schemes.find(({ value }) => value === picked);
    if (scheme !== undefined) setColorScheme(scheme.value);
  };
  const leave = async (): Promise<void> => {
    try {
      await signOut.mutateAsync();
      await navigate('/sign-in', { replace: true });
    } catch (error) {
      notifyFailure('You are still signed in', error);
    }
  };

  return (
    <Menu position="bottom-end" width={260} withinPortal={false}>
      <Menu.Target>
        <UnstyledButton aria-label={`Account: ${name}`} className="account-button">
          <Group gap="xs" wrap="nowrap">
            <Icon name="account" size={20} />
            <Text size="sm" fw={500} visibleFrom="sm" truncate maw={200}>
              {name}
            </Text>
            <Icon name="chevron" size={14} />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="break">{administrator.username}</Menu.Label>
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={setScheme}>
          {schemes.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="signOut" size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
};
