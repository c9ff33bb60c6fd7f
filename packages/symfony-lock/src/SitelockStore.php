<?php

declare(strict_types=1);

namespace Sitelock\Symfony;

use Sitelock\DirectoryLock;
use Sitelock\FileLock;
use Sitelock\Lock;
use Sitelock\LockException;
use Sitelock\LostLockException;
use Symfony\Component\Lock\BlockingSharedLockStoreInterface;
use Symfony\Component\Lock\BlockingStoreInterface;
use Symfony\Component\Lock\Exception\InvalidArgumentException;
use Symfony\Component\Lock\Exception\LockConflictedException;
use Symfony\Component\Lock\Exception\LockReleasingException;
use Symfony\Component\Lock\Exception\LockStorageException;
use Symfony\Component\Lock\Key;

/**
 * The locks of sitelock as a store of symfony/lock: one file, or one directory, for each resource.
 *
 * They never expire: the kernel frees them when the process dies. Who waits sleeps in the kernel's queue,
 * and signal handlers run meanwhile. A forked child neither has the locks of its parent nor frees them,
 * and programs that are started do not keep them. When the Key goes, its lock goes.
 */
final class SitelockStore implements BlockingStoreInterface, BlockingSharedLockStoreInterface
{
    public const FILE = 'file';
    public const DIRECTORY = 'directory';

    private const SCHEME = 'sitelock://';
    private const READABLE = 50;

    private string $directory;
    private string $kind;
    private int $permissions;

    /**
     * @param string $directory where the locks are; it is made if it is not there, for those whom
     *                          $permissions let lock
     * @param string $kind FILE: a FileLock; DIRECTORY: a DirectoryLock, for file systems whose flock does
     *                     not reach all who use it
     * @param int $permissions of the lock files, whatever the umask, as those of a FileLock; a
     *                         DirectoryLock has its own
     *
     * @throws InvalidArgumentException an argument cannot be right, or the directory cannot be made
     */
    public function __construct(string $directory, string $kind = self::FILE, int $permissions = 0600)
    {
        if ($kind !== self::FILE && $kind !== self::DIRECTORY) {
            throw new InvalidArgumentException("A lock is a \"file\" or a \"directory\", not a \"$kind\".");
        }
        if (($permissions & 0600) !== 0600 || $permissions > 0777) {
            throw new InvalidArgumentException(sprintf('0%o cannot be the permissions of a lock file.', $permissions));
        }
        $this->directory = $directory;
        $this->kind = $kind;
        $this->permissions = $permissions;
        $this->makeDirectory();
    }

    /**
     * sitelock:///var/lock/shop, and behind a question mark kind=directory or permissions=0660.
     *
     * @throws InvalidArgumentException it is no such DSN
     */
    public static function fromDsn(string $dsn): self
    {
        if (!self::isDsn($dsn)) {
            throw new InvalidArgumentException("\"$dsn\" does not begin with \"sitelock://\".");
        }
        [$directory, $query] = explode('?', substr($dsn, strlen(self::SCHEME)), 2) + [1 => ''];
        if (strncmp($directory, '/', 1) !== 0) {
            throw new InvalidArgumentException("\"$dsn\" has no absolute path; it is written sitelock:///var/lock/shop.");
        }
        parse_str($query, $options);
        $unknown = array_diff_key($options, ['kind' => 1, 'permissions' => 1]);
        if ($unknown !== []) {
            throw new InvalidArgumentException("\"$dsn\" has an option that is not known: " . key($unknown));
        }
        $permissions = $options['permissions'] ?? '0600';
        if (!is_string($permissions) || !preg_match('/^0?[0-7]{3}$/D', $permissions)) {
            throw new InvalidArgumentException("\"$dsn\": permissions are written as 0660.");
        }
        return new self(rawurldecode($directory), (string) ($options['kind'] ?? self::FILE), (int) octdec($permissions));
    }

    public static function isDsn(string $dsn): bool
    {
        return strncmp($dsn, self::SCHEME, strlen(self::SCHEME)) === 0;
    }

    /** The lock behind a key, to ask who has it, and whether an owner died with it. It may be a free one. */
    public function getLock(Key $key): Lock
    {
        return $key->hasState($this->state($key)) ? $key->getState($this->state($key))[0] : $this->makeLock($key);
    }

    public function save(Key $key): void
    {
        $this->acquire($key, false, 0.0);
    }

    public function waitAndSave(Key $key): void
    {
        $this->acquire($key, false, INF);
    }

    public function saveRead(Key $key): void
    {
        $this->acquire($key, true, 0.0);
    }

    public function waitAndSaveRead(Key $key): void
    {
        $this->acquire($key, true, INF);
    }

    /** There is nothing to put off: a lock lasts until it is given back. */
    public function putOffExpiration(Key $key, float $ttl): void
    {
        if (!$this->exists($key)) {
            throw new LockConflictedException("The lock \"$key\" is not held any more.");
        }
    }

    public function delete(Key $key): void
    {
        if (!$key->hasState($this->state($key))) {
            return;
        }
        [$lock] = $key->getState($this->state($key));
        $key->removeState($this->state($key));
        try {
            $lock->release();
        } catch (LockException $e) {
            throw new LockReleasingException($e->getMessage(), 0, $e);
        }
    }

    public function exists(Key $key): bool
    {
        return $key->hasState($this->state($key)) && $key->getState($this->state($key))[0]->isAcquired();
    }

    /** @throws LockConflictedException somebody else has it; exists() says whether the key still has the other mode */
    private function acquire(Key $key, bool $shared, float $timeout): void
    {
        try {
            $free = !$this->exists($key) || $this->changesMode($key, $shared, $timeout);
            if ($free && !$this->acquireNew($key, $shared, $timeout)) {
                throw new LockConflictedException();
            }
        } catch (LockException $e) {
            throw new LockStorageException($e->getMessage(), 0, $e);
        }
    }

    private function acquireNew(Key $key, bool $shared, float $timeout): bool
    {
        $key->removeState($this->state($key));
        $lock = $this->makeLock($key);
        if (!($shared ? $lock->acquireShared($timeout) : $lock->acquire($timeout))) {
            return false;
        }
        $key->setState($this->state($key), [$lock, $shared]);
        $key->markUnserializable();
        return true;
    }

    /**
     * Makes way for the other mode. The kernel cannot promote without giving up first, so where others
     * share the lock it is kept as it is, unless they are to be waited for. From here on somebody may come
     * in between; then the key has lost the lock, and exists() says so.
     *
     * @return bool false: there is nothing to do, the mode is the same
     * @throws LockConflictedException others share the lock; the key still does, too
     */
    private function changesMode(Key $key, bool $shared, float $timeout): bool
    {
        [$lock, $hasShared] = $key->getState($this->state($key));
        if ($shared === $hasShared) {
            return false;
        }
        if ($hasShared && $timeout === 0.0 && self::isSharedWithOthers($lock)) {
            throw new LockConflictedException();
        }
        try {
            $lock->release();
        } catch (LostLockException $e) {
            // It is about to be taken anew.
        }
        return true;
    }

    private static function isSharedWithOthers(Lock $lock): bool
    {
        foreach ($lock->getHolders() as $holder) {
            if (!$holder->isSelf()) {
                return true;
            }
        }
        // The kernel tells the locks of one process apart only by its descriptors.
        foreach (\Sitelock\held() as $held) {
            if ($held !== $lock && $held->getPath() === $lock->getPath()) {
                return true;
            }
        }
        return false;
    }

    private function makeLock(Key $key): Lock
    {
        $label = strtr((string) $key, "\0", ' ');
        return $this->kind === self::FILE
            ? new FileLock($this->path($key), $label, $this->permissions)
            : new DirectoryLock($this->path($key), $label);
    }

    /** A name that a person recognizes, and that no two resources have. */
    private function path(Key $key): string
    {
        $readable = substr(trim(preg_replace('/[^A-Za-z0-9]+/', '-', (string) $key), '-'), 0, self::READABLE);
        return "$this->directory/$readable." . substr(hash('sha256', (string) $key), 0, 32) . '.lock';
    }

    /** A key may be saved in several stores at once. */
    private function state(Key $key): string
    {
        return self::class . " $this->kind {$this->path($key)}";
    }

    private function makeDirectory(): void
    {
        if (is_dir($this->directory)) {
            return;
        }
        $mode = $this->permissions | ($this->permissions & 0444) >> 2;
        if (@mkdir($this->directory, $mode, true)) {
            chmod($this->directory, $mode); // whatever the umask
        } elseif (!is_dir($this->directory)) {
            throw new InvalidArgumentException("The directory \"$this->directory\" for locks is not there and cannot be made.");
        }
    }
}
