import type { User } from '@gatehouse/contracts';
import { Button, Code, Group, Paper, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { isCode } from '../../api/client.ts';
import { useUpdateUser } from '../../api/users.ts';
import { ConflictAlert } from '../../parts/conflict-alert.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useServerForm } from '../../parts/server-form.ts';
import { Time } from '../../parts/time.tsx';
import { UnsavedChanges } from '../../parts/unsaved-changes.tsx';
import { userFields, userPatch } from './user-fields.ts';

export interface ProfileTabProps {
  readonly user: User;
  readonly onReload: () => Promise<unknown>;
}

export const ProfileTab = ({ user, onReload }: ProfileTabProps) => {
  const [edition, setEdition] = useState(0);
  const restart = (): void => setEdition((count) => count + 1);
  return (
    <Stack gap="lg">
      <ProfileForm key={edition} opened={user} onSaved={restart} onReload={() => void onReload().then(restart)} />
      <Paper withBorder radius="md" p={{ base: 'md', sm: 'lg' }}>
        <dl className="facts">
          <dt>Id</dt>
          <dd>
            <Code>{user.id}</Code>
          </dd>
          <dt>Created</dt>
          <dd>
            <Time at={user.createdAt} />
          </dd>
          <dt>Changed</dt>
          <dd>
            <Time at={user.updatedAt} />
          </dd>
        </dl>
      </Paper>
    </Stack>
  );
};

interface ProfileFormProps {
  readonly opened: User;
  readonly onSaved: () => void;
  readonly onReload: () => void;
}

const ProfileForm = ({ opened, onSaved, onReload }: ProfileFormProps) => {
  const [user, setUser] = useState(opened);
  const update = useUpdateUser(user.id);
  const server = useServerForm({
    initialValues: { username: user.username, displayName: user.displayName },
    map: userFields,
    send: async (values) => {
      const patch = userPatch(user, values);
      if (patch === undefined) return notifyDone('There was nothing to save');
      setUser(await update.mutateAsync({ version: user.version, patch }));
      notifyDone('The profile is saved');
      onSaved();
    },
  });
  const { form, ref, busy, problem, onSubmit } = server;
  return (
    <Paper withBorder radius="md" p={{ base: 'md', sm: 'lg' }}>
      <UnsavedChanges active={userPatch(user, form.values) !== undefined && !busy} />
      <form ref={ref} onSubmit={onSubmit} noValidate aria-label="Profile">
        <Stack>
          {problem !== undefined &&
            (isCode(problem.error, 'version_conflict') ? (
              <ConflictAlert what="user" onReload={onReload} />
            ) : (
              <ProblemAlert title="The profile was not saved" {...problem} />
            ))}
          <div className="form-pair">
            <TextInput
              label="Username"
              description="The e-mail address that the identity provider knows"
              type="email"
              required
              autoComplete="off"
              {...form.getInputProps('username')}
            />
            <TextInput
              label="Display name"
              description="As it is shown to people"
              autoComplete="off"
              {...form.getInputProps('displayName')}
            />
          </div>
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
};
