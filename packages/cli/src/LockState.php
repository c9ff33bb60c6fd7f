<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\FileLock;
use Sitelock\Holder;
use Sitelock\LockException;

/** What can be said of a lock without taking it. */
final class LockState
{
    private Address $address;
    /** @var Holder[] */
    private array $holders = [];
    /** @var Owner[] */
    private array $abandonedBy = [];
    private ?int $waiting = null;
    private ?string $error = null;

    public static function of(Address $address): self
    {
        $state = new self();
        $state->address = $address;
        try {
            $state->holders = $address->lock->getHolders();
            if ($address->lock instanceof FileLock) {
                $state->waiting = $address->lock->getWaitersAhead();
                $state->abandonedBy = LockFile::abandonedBy($address->lock);
            }
        } catch (LockException $e) {
            $state->error = $e->getMessage();
        }
        return $state;
    }

    public function isHeld(): bool
    {
        return $this->holders !== [];
    }

    /** Why nothing can be said; null: something can. */
    public function error(): ?string
    {
        return $this->error;
    }

    /** @return string[][] of a table: lock, state, how many wait, who */
    public function rows(): array
    {
        $lock = $this->address->text;
        if ($this->error !== null) {
            return [[$lock, 'error', '', $this->error]];
        }
        $waiting = (string) $this->waiting;
        $rows = array_map(static function (Holder $holder) use ($lock, $waiting): array {
            return [$lock, 'held', $waiting, (string) $holder];
        }, $this->holders) ?: [[$lock, 'free', $waiting, '']];
        foreach ($this->abandonedBy as $owner) {
            $rows[] = [$lock, 'abandoned', '', (string) $owner];
        }
        return $rows;
    }

    /** @return array<string, mixed> for --json; docs/command-line.md tells what it is */
    public function toArray(): array
    {
        return [
            'address' => $this->address->text,
            'path' => $this->address->lock->getPath(),
            'state' => $this->error !== null ? 'error' : ($this->isHeld() ? 'held' : 'free'),
            'holders' => array_map([self::class, 'holderToArray'], $this->holders),
            'waiting' => $this->waiting,
            'abandoned_by' => array_map(static function (Owner $owner): array {
                return $owner->toArray();
            }, $this->abandonedBy),
            'error' => $this->error,
        ];
    }

    /** @return array<string, mixed> */
    private static function holderToArray(Holder $holder): array
    {
        return [
            'pid' => $holder->getPid(),
            'host' => $holder->getHost(),
            'user' => $holder->getUser(),
            'command' => $holder->getCommand(),
            'label' => $holder->getLabel(),
            'shared' => $holder->isShared(),
            'since' => $holder->getSince(),
            'alive' => $holder->isAlive(),
            'inherited' => $holder->isInherited(),
            'sentence' => (string) $holder,
        ];
    }
}
