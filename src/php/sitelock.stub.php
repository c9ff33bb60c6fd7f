<?php

/**
 * @generate-class-entries
 * @generate-legacy-arginfo
 */

namespace Sitelock;

/**
 * The locks that this request holds, in the order in which it got them. In destructors that run at
 * the end of a request, and after a fatal error, it may be empty though locks are held.
 *
 * @return Lock[]
 */
function held(): array {}

/**
 * A lock that one process, or several readers, can hold. It is given back when it is released, when
 * its last reference goes, when the request ends and when the process is killed.
 */
interface Lock
{
    /**
     * Gets the lock exclusively, and waits for it if need be: in the kernel's queue, without polling
     * while the holder lives. Signal handlers of the script run at once meanwhile.
     *
     * @param float $timeout how long to wait, in seconds of CLOCK_MONOTONIC. 0.0 tries once, INF
     *                       waits for ever
     * @param callable|null $onWait function (Lock $lock, float $waited): ?bool, called when the lock
     *                       is busy, about once a second after that, and after every signal that
     *                       interrupts the wait; $waited is in seconds. false gives up. It may throw
     * @return bool true: held, also if this object held it exclusively before. false: somebody else
     *              has it, and still had it when the time was over; getHolders() says who
     * @throws DeadlockException waiting would never end: this request itself has the lock through
     *                           another object, or who has it waits for what this process has
     * @throws UnsafePathException the path is no file that a lock may be put on; nothing was touched
     * @throws UnsupportedException the file system cannot lock
     * @throws SystemException anything else the kernel says, errno as code
     * @throws \ValueError (\InvalidArgumentException before PHP 8) $timeout is negative or NAN
     * @throws \LogicException this object holds the lock shared: release it first. Or it waits for
     *                         it just now, and this is its own $onWait or a signal handler
     */
    public function acquire(float $timeout = 0.0, ?callable $onWait = null): bool;

    /**
     * Gets the lock shared: beside other shared holders, not beside an exclusive one. Waits, returns
     * and throws as acquire() does.
     */
    public function acquireShared(float $timeout = 0.0, ?callable $onWait = null): bool;

    /**
     * Gives the lock back. Does nothing if it is not held, while this object waits for it, and in a
     * forked child.
     *
     * @throws LostLockException the file was removed or replaced while the lock was held, so others
     *                           may have had it too; it is given back all the same
     */
    public function release(): void;

    /** Asks the file system: is the lock held, and does the path still name what was locked? */
    public function isAcquired(): bool;

    /**
     * Who has the lock now, ourselves included. Takes no lock, blocks on none, creates nothing.
     *
     * @return Holder[] empty when it is free
     */
    public function getHolders(): array;

    /**
     * Acquires exclusively, calls $critical, and releases what this call acquired, whatever happens.
     * If $critical throws, the next owner is told. $timeout and $onWait are those of acquire(), but
     * it waits for ever unless it is told otherwise.
     *
     * @return mixed what $critical returns
     * @throws BusyException somebody else has the lock; $critical was not called
     * @throws LostLockException the lock was lost while $critical ran
     */
    public function synchronized(callable $critical, float $timeout = INF, ?callable $onWait = null);

    /** The absolute path of the lock. */
    public function getPath(): string;
}

/** A lock on a file: flock(2) on a close-on-exec descriptor. The file stays when it is released. */
final class FileLock implements Lock
{
    /**
     * Neither opens nor creates anything; that is for acquire(). A file that is there loses its first
     * bytes to the record: never name one that holds data.
     *
     * @param string $path of the lock file. A relative one is resolved now; "." and ".." are taken
     *                     out by their spelling, symbolic links are not followed
     * @param string $label for people: what this lock is taken for
     * @param int $permissions of a file that has to be made, exactly as given, whatever the umask.
     *                         Without group and other bits the file must belong to us or to root
     * @param bool $record write into the file who holds it. Without it nothing is written, and
     *                     nobody learns that this owner died
     * @throws \ValueError (\InvalidArgumentException before PHP 8) an argument cannot be right
     * @throws UnsafePathException open_basedir does not allow the path
     */
    public function __construct(string $path, string $label = "", int $permissions = 0600, bool $record = true) {}

    public function acquire(float $timeout = 0.0, ?callable $onWait = null): bool {}

    public function acquireShared(float $timeout = 0.0, ?callable $onWait = null): bool {}

    public function release(): void {}

    public function isAcquired(): bool {}

    public function getHolders(): array {}

    /** @return mixed */
    public function synchronized(callable $critical, float $timeout = INF, ?callable $onWait = null) {}

    public function getPath(): string {}

    /**
     * How many wait for the lock in the kernel's queue: those who will get it before this object,
     * if it waits, otherwise all. Who asks from time to time instead is not in that queue.
     *
     * @return int|null null: the kernel does not show it here (another pid namespace, a network file
     *                  system)
     */
    public function getWaitersAhead(): ?int {}

    /**
     * Owners who ended without releasing, as the last acquire found them: what the lock protects may
     * be half done. Everybody who gets the lock is told, until somebody calls markConsistent().
     *
     * @return Holder[] oldest first: the first one and the latest three
     */
    public function getAbandonedBy(): array {}

    /**
     * Says that what they left was repaired or thrown away: the next owner hears nothing of them.
     *
     * @throws \LogicException the lock is not held exclusively, or was made with record: false
     * @throws SystemException the record cannot be written; they are still reported
     */
    public function markConsistent(): void {}

    /**
     * Children that are started from now on keep the lock if this process dies before it releases
     * it. release() frees it for all of them. Off unless it is asked for.
     */
    public function setInheritable(bool $on): void {}

    /**
     * Releases, and removes the file: the only safe way to delete a lock file.
     *
     * @return bool true: removed. false: released, but the file stays, because it still tells of owners
     *              who are reported as abandoned; markConsistent() ends that
     * @throws \LogicException the lock is not held exclusively
     * @throws LostLockException the path names another file, which is left alone; the lock is released
     * @throws SystemException the directory does not allow it; the lock is still held
     */
    public function remove(): bool {}
}

/**
 * A lock that is a directory: prepared under another name with a record of its owner in it, and then
 * renamed into place. It needs no flock that works between hosts to be safe: rename decides, and
 * flock is only asked whether an owner is dead.
 *
 * Its owner is not told of owners who died before. The directory belongs to the lock: nothing else
 * may be put into it.
 */
final class DirectoryLock implements Lock
{
    /**
     * Neither opens nor creates anything.
     *
     * @param string $path of the directory. A relative one is resolved now; "." and ".." are taken out
     *                     by their spelling, symbolic links are not followed
     * @param string $label for people: what this lock is taken for
     * @throws \ValueError (\InvalidArgumentException before PHP 8) an argument cannot be right
     * @throws UnsafePathException open_basedir does not allow the path
     */
    public function __construct(string $path, string $label = "") {}

    /** @implementation-alias Sitelock\FileLock::acquire */
    public function acquire(float $timeout = 0.0, ?callable $onWait = null): bool {}

    /** @implementation-alias Sitelock\FileLock::acquireShared */
    public function acquireShared(float $timeout = 0.0, ?callable $onWait = null): bool {}

    /** @implementation-alias Sitelock\FileLock::release */
    public function release(): void {}

    /** @implementation-alias Sitelock\FileLock::isAcquired */
    public function isAcquired(): bool {}

    /** @implementation-alias Sitelock\FileLock::getHolders */
    public function getHolders(): array {}

    /**
     * @return mixed
     * @implementation-alias Sitelock\FileLock::synchronized
     */
    public function synchronized(callable $critical, float $timeout = INF, ?callable $onWait = null) {}

    /** @implementation-alias Sitelock\FileLock::getPath */
    public function getPath(): string {}

    /**
     * As FileLock::setInheritable().
     *
     * @implementation-alias Sitelock\FileLock::setInheritable
     */
    public function setInheritable(bool $on): void {}

    /**
     * Removes what provably dead owners left behind, also what they had only prepared. acquire() does
     * the same when it has to.
     *
     * @return bool true: the lock was kept by a dead owner, and he is gone. Somebody else may have it
     *              by now
     * @throws UnsafePathException the path is something else than a directory
     * @throws SystemException what a dead owner left cannot be removed
     */
    public function breakStale(): bool {}

    /**
     * Takes the lock away from the owners that a person was shown and decided about; alive or not, for
     * those of whom it cannot be known: getHolders() says isAlive() null, as after a crash on another
     * host. Clears exactly these, and never somebody who came later. An owner who lives after all gets
     * LostLockException when he releases.
     *
     * @param Holder $seen from getHolders() of this lock
     * @throws \ValueError (\InvalidArgumentException before PHP 8) a Holder of another kind of lock
     * @throws SystemException one cannot be removed
     */
    public function forceBreak(Holder ...$seen): void {}
}

/**
 * The lock of a local repository of borg 1.2 to 1.4, taken from outside: running borg clients keep
 * out, or wait, and nothing in the repository is touched but the lock. Shared keeps out what
 * writes (create, prune, compact), exclusive also what reads (list, extract, mount). After a crash
 * the next borg goes on by itself, and so do we after one of borg.
 *
 * A process is known by host and pid, as borg does it. Waiting is asking from time to time.
 */
final class BorgLock implements Lock
{
    /**
     * Neither opens nor creates anything.
     *
     * @param string $repository its directory. A relative one is resolved now
     * @param string|null $hostId what borg calls this host. null: BORG_HOST_ID of the environment, or
     *                            what borg makes of the host's name and MAC address
     * @param string $label for people: what this lock is taken for
     * @throws \ValueError (\InvalidArgumentException before PHP 8) an argument cannot be right
     * @throws UnsafePathException open_basedir does not allow the path
     */
    public function __construct(string $repository, ?string $hostId = null, string $label = "") {}

    /** @implementation-alias Sitelock\FileLock::acquire */
    public function acquire(float $timeout = 0.0, ?callable $onWait = null): bool {}

    /** @implementation-alias Sitelock\FileLock::acquireShared */
    public function acquireShared(float $timeout = 0.0, ?callable $onWait = null): bool {}

    /** @implementation-alias Sitelock\FileLock::release */
    public function release(): void {}

    /** @implementation-alias Sitelock\FileLock::isAcquired */
    public function isAcquired(): bool {}

    /** @implementation-alias Sitelock\FileLock::getHolders */
    public function getHolders(): array {}

    /**
     * @return mixed
     * @implementation-alias Sitelock\FileLock::synchronized
     */
    public function synchronized(callable $critical, float $timeout = INF, ?callable $onWait = null) {}

    /** @implementation-alias Sitelock\FileLock::getPath */
    public function getPath(): string {}

    /**
     * Removes what provably dead processes of this host left behind, borg's too. acquire() does the
     * same when it has to.
     *
     * @return bool true: something that kept others out is gone. Somebody else may have it by now
     * @throws LockException as acquire() does
     */
    public function breakStale(): bool {}

    /**
     * Takes the lock away from the owners that a person was shown and decided about; those of other
     * hosts, and of containers, are never judged dead. Clears exactly these. "borg break-lock" clears
     * everybody.
     *
     * @param Holder $seen from getHolders() of this lock
     * @throws \ValueError (\InvalidArgumentException before PHP 8) a Holder of another kind of lock
     * @throws SystemException one cannot be removed
     */
    public function forceBreak(Holder ...$seen): void {}
}

/**
 * Several locks, one deadline, all or none; in any order, and also against code that takes them one
 * by one, without a deadlock. It is not a Lock itself, because its members may have different modes.
 */
final class LockSet
{
    /**
     * Neither opens nor creates anything.
     *
     * @param Lock[] $exclusive
     * @param Lock[] $shared
     * @throws \TypeError one of them is no Lock
     * @throws \ValueError (\InvalidArgumentException before PHP 8) there is none, or one is there twice
     */
    public function __construct(array $exclusive, array $shared = []) {}

    /**
     * Gets all of them; $timeout and $onWait are those of Lock::acquire(), and $onWait is called with
     * the lock that it waits for. While it holds some and waits for another it does so for a short
     * time only, then it gives back what it has and starts with that one. Nobody is told of a lock
     * before all are there: backing off leaves no owner behind who never was one.
     *
     * A lock that its object holds already stays as it is, then and when the set is released.
     *
     * @return bool false: not all could be had; none was taken. getHolders() says which is busy
     * @throws LockException as Lock::acquire() does
     * @throws \LogicException a member is held in the other mode, or waits just now
     */
    public function acquire(float $timeout = 0.0, ?callable $onWait = null): bool {}

    /**
     * Gives back what acquire() took, the latest first.
     *
     * @throws LostLockException one of them was lost; all are given back all the same
     */
    public function release(): void {}

    /** Are all of them held? Asks the file system. */
    public function isAcquired(): bool {}

    /**
     * Who has them now, ourselves included.
     *
     * @return array<string, Holder[]> by the path of the lock; only those that are held
     */
    public function getHolders(): array {}

    /**
     * Acquires, calls $critical, and releases what this call acquired, whatever happens.
     *
     * @return mixed what $critical returns
     * @throws BusyException not all could be had; $critical was not called
     * @throws LostLockException one was lost while $critical ran
     */
    public function synchronized(callable $critical, float $timeout = INF, ?callable $onWait = null) {}
}

/** Who holds a lock, or held it when it died. A value: it does not change with the lock. */
final class Holder
{
    private ?int $pid = null;
    private string $host = "";
    private string $user = "";
    private string $command = "";
    private string $label = "";
    private bool $shared = false;
    private ?float $since = null;
    private ?bool $alive = null;
    private bool $self = false;
    private bool $ancestor = false;
    private bool $inherited = false;
    private ?int $acquirer = null;
    private string $acquirerCommand = "";
    private ?string $end = null;
    private ?float $until = null;
    private string $record = "";

    private function __construct() {}

    /** Process id, as seen from here. null: not known, or of another pid namespace. */
    public function getPid(): ?int {}

    /** Host name, "" where not known. */
    public function getHost(): string {}

    /** User name, "" where not known. */
    public function getUser(): string {}

    /** Command line, "" where not known. Control characters are shown as \x1b. */
    public function getCommand(): string {}

    /** What the holder said it takes the lock for, or what else the lock file says. */
    public function getLabel(): string {}

    public function isShared(): bool {}

    /** Since when, in seconds of unix time. null: not known. */
    public function getSince(): ?float {}

    /** null: cannot be known from here. Never true for an abandoned one. */
    public function isAlive(): ?bool {}

    /** This process. */
    public function isSelf(): bool {}

    /** A live process from which this one descends: a child tool may go on under its parent's lock. */
    public function isAncestor(): bool {}

    /** Who took the lock no longer has it; this process got the descriptor from it and keeps the lock. */
    public function isInherited(): bool {}

    /**
     * Why an abandoned one ended: "killed or crashed", "fatal error", "memory limit", "time limit",
     * "uncaught Foo", "exception Foo", "exit status 3", "connection aborted". null: it is no
     * abandoned one.
     */
    public function getEnd(): ?string {}

    /** A sentence for an operator: pid, user, host, command, age. */
    public function __toString(): string {}
}

/** What all exceptions of sitelock are. */
class LockException extends \RuntimeException
{
}

/** Somebody else has the lock. */
final class BusyException extends LockException
{
    private ?array $holders = null;

    /** @return Holder[] at least one */
    public function getHolders(): array {}
}

/**
 * Waiting could never end: this request itself has the lock, through another object; or two or more
 * processes each wait for what the next one holds. The message names them and their locks. Who gets
 * it should give back what he holds.
 */
final class DeadlockException extends LockException
{
}

/** The lock was taken away: its file was removed or replaced while it was held. */
final class LostLockException extends LockException
{
}

/** The path is a symbolic link, no regular file, a file with a second name, of a foreign owner, or outside open_basedir. */
final class UnsafePathException extends LockException
{
}

/** The file system cannot lock. */
final class UnsupportedException extends LockException
{
}

/** The kernel said no. The code is its errno; the message names the call and the path. */
final class SystemException extends LockException
{
}
