<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\FileLock;
use Sitelock\Holder;
use Sitelock\LockException;
use Sitelock\LockSet;

/** The locks of one command: all or none. */
final class Locks
{
    /** @var array<string, Address> by the path of the lock */
    private array $addresses = [];
    private LockSet $set;

    /**
     * @param Address[] $addresses
     * @throws Failure one is there twice
     */
    public function __construct(array $addresses)
    {
        $exclusive = $shared = $places = [];
        foreach ($addresses as $address) {
            $place = $address->place();
            if (isset($places[$place])) {
                throw Failure::usage("{$places[$place]} and $address->text are one lock");
            }
            $places[$place] = $address->text;
            $this->addresses[$address->lock->getPath()] = $address;
            $address->shared ? $shared[] = $address->lock : $exclusive[] = $address->lock;
        }
        $this->set = new LockSet($exclusive, $shared);
    }

    /**
     * @throws Failure one would overwrite data
     * @throws LockException one cannot be tried
     */
    public function acquire(float $timeout, ?callable $onWait = null): bool
    {
        foreach ($this->addresses as $address) {
            $address->spareData();
        }
        return $this->set->acquire($timeout, $onWait);
    }

    /** @throws LockException */
    public function release(): void
    {
        $this->set->release();
    }

    /**
     * Gives back those that the command cannot keep, and nobody else would give back.
     *
     * @throws LockException
     */
    public function releaseWhatDependsOnUs(): void
    {
        foreach ($this->addresses as $address) {
            if ($address->dependsOnWrapper()) {
                $address->lock->release();
            }
        }
    }

    /** Children that are started from now on keep the locks if this process is killed. */
    public function setInheritable(): void
    {
        foreach ($this->addresses as $address) {
            if (!$address->dependsOnWrapper()) {
                $address->lock->setInheritable(true);
            }
        }
    }

    /** @return array<string, Holder[]> by address, those who ended without releasing; only where there are any */
    public function abandonedBy(): array
    {
        $abandoned = [];
        foreach ($this->addresses as $address) {
            if ($address->lock instanceof FileLock && $address->lock->getAbandonedBy() !== []) {
                $abandoned[$address->text] = $address->lock->getAbandonedBy();
            }
        }
        return $abandoned;
    }

    /** What they left is in order again, as far as our locks are exclusive. */
    public function markConsistent(): void
    {
        foreach ($this->addresses as $address) {
            if ($address->lock instanceof FileLock && !$address->shared && $address->lock->getAbandonedBy() !== []) {
                $address->lock->markConsistent();
            }
        }
    }

    /** @return string[] the addresses of locks that were taken away from us */
    public function lost(): array
    {
        $lost = [];
        foreach ($this->addresses as $address) {
            if (!$address->lock->isAcquired()) {
                $lost[] = $address->text;
            }
        }
        return $lost;
    }

    /**
     * Who is in the way, and what to do about it.
     *
     * @param string $remedy where nothing is wrong
     * @return string[] a sentence for each lock that is busy
     */
    public function whatIsBusy(string $remedy): array
    {
        $sentences = [];
        foreach ($this->set->getHolders() as $path => $holders) {
            $address = $this->addresses[$path];
            if (!$address->shared || !$holders[0]->isShared()) {
                $sentences[] = Busy::sentence($address, $holders, $remedy);
            }
        }
        return $sentences ?: ["somebody else had the lock, and has just given it back; $remedy"];
    }
}
