// Everybody in the room as a list: who speaks, who waits with a raised hand, whose connection is bad.

import type { ConferenceClient } from '@parley/client';
import { useState } from 'preact/hooks';
import { inviteLink } from '../preferences.js';
import { strings } from '../strings.js';
import {
  CheckIcon,
  HandIcon,
  LinkIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  MoreIcon,
} from '../ui/icons.js';
import { MenuButton, type MenuItem } from '../ui/menu.js';
import { useCopy } from './invite.js';
import { hueOf, initials, QualityMark, type TileData, titleOf } from './tile.js';

/** More than these are found by typing. */
const kSearchFrom = 9;

export function People(props: {
  client: ConferenceClient;
  room: string;
  tiles: readonly TileData[];
  menuFor: (tile: TileData) => MenuItem[];
}) {
  const [wanted, setWanted] = useState('');
  const people = props.tiles.filter((t) => !t.screen);
  const sought = wanted.trim().toLowerCase();
  const shown = people
    .filter((p) => `${p.name}\n${p.identity ?? ''}`.toLowerCase().includes(sought))
    // Whoever raised a hand waits for an answer: first come, first in line.
    .sort((a, b) => (a.hand ?? Number.MAX_VALUE) - (b.hand ?? Number.MAX_VALUE));
  return (
    <>
      <CopyLink room={props.room} />
      {people.length >= kSearchFrom && (
        <input
          type="search"
          class="input"
          value={wanted}
          aria-label={strings.findPerson}
          placeholder={strings.findPerson}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      <ul class="people-list">
        {shown.map((tile) => (
          <Person key={tile.id} tile={tile} menu={props.menuFor(tile)} />
        ))}
      </ul>
      {shown.length === 0 && <p class="soft">{strings.nobodyFound}</p>}
    </>
  );
}

function Person({ tile, menu }: { tile: TileData; menu: MenuItem[] }) {
  return (
    <li class={tile.speaking ? 'speaking' : ''} data-person={tile.id}>
      <span class="avatar little" style={`--hue:${hueOf(tile.id)}`} aria-hidden="true">
        {initials(tile.name)}
      </span>
      <span class="name">
        {titleOf(tile)}
        {tile.identity && (
          <span class="identity" title={strings.identityOf}>
            {tile.identity}
          </span>
        )}
      </span>
      {tile.hand !== undefined && (
        <span class="hand" title={strings.handNumber(tile.hand)}>
          <HandIcon size={16} />
          <span class="hand-place">{tile.hand}</span>
        </span>
      )}
      {tile.quality && <QualityMark quality={tile.quality} reason={tile.reason} />}
      <span class={tile.muted ? 'state off' : 'state'}>
        {tile.muted ? <MicrophoneOffIcon size={18} /> : <MicrophoneIcon size={18} />}
        <span class="hidden">{tile.muted ? strings.muted : strings.microphoneOn}</span>
      </span>
      {menu.length > 0 ? (
        <MenuButton
          label={strings.menuOf(titleOf(tile))}
          class="small bare"
          icon={<MoreIcon size={18} />}
          items={menu}
        />
      ) : (
        <span class="no-menu" />
      )}
    </li>
  );
}

function CopyLink({ room }: { room: string }) {
  const [state, copy] = useCopy(inviteLink(window.location, room));
  return (
    <>
      <button type="button" class="quiet wide" onClick={copy}>
        {state === 'copied' ? <CheckIcon size={18} /> : <LinkIcon size={18} />}
        {state === 'copied' ? strings.inviteCopied : strings.copyInviteLink}
      </button>
      {state === 'failed' && <p class="soft">{inviteLink(window.location, room)}</p>}
    </>
  );
}
