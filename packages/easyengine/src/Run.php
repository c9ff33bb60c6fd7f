<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use Sitelock\FileLock;
use Sitelock\Lock;
use Sitelock\LockException;
use Sitelock\LockSet;

/**
 * The locks of this run of ee. They are kept to the end of the request, behind everything that
 * EasyEngine still does when it exits, which it does everywhere; so it is the extension that gives them
 * back, and that knows how the command ended.
 */
final class Run
{
    /** @var Lock[] by their paths */
    private array $held = [];
    /** @var LockSet[] */
    private array $sets = [];
    private int $pid;
    /** "": none of its commands has locked anything yet. */
    private string $outermost = '';
    private Aftermath $aftermath;

    /** Returns when the command may go on: with the locks, or under those of a parent. Otherwise ends it. */
    public function before(string $command, array $args, array $flags): void
    {
        if (Writers::onlyReads($command, $flags)) {
            return;
        }
        Requirements::check($command);
        $sites = Sites::of($command, $args);
        if ($sites === []) {
            return;
        }
        try {
            $this->lock($command, $sites, CommandLine::label($command, $args, $flags));
        } catch (LockException $e) {
            EE::error('Cannot lock ' . implode(' and ', $sites) . ', so nothing was done: ' . $e->getMessage(), ExitCode::SYSTEM);
        }
    }

    /** The command has succeeded. A restore reloads its site, which is a command within a command. */
    public function after(string $command): void
    {
        if ($command !== $this->outermost) {
            return;
        }
        $lost = $this->lost();
        if ($lost !== []) {
            $this->held = []; // so that it is told once
            EE::error(self::lostSentence($lost), ExitCode::LOST);
        }
        try {
            $this->held = $this->aftermath->succeeded($this->held);
        } catch (LockException $e) {
            EE::error("$command has succeeded, but this has not: " . $e->getMessage(), ExitCode::SYSTEM);
        }
    }

    /** @param string[] $sites */
    private function lock(string $command, array $sites, string $label): void
    {
        LockFiles::prepare();
        $locks = $this->missing($command, $sites, $label);
        if ($locks === []) {
            return;
        }
        $set = new LockSet($locks);
        $patience = new Patience(Settings::wait());
        if (!$patience->acquire($set)) {
            EE::error(Busy::sentence($set->getHolders()), ExitCode::BUSY);
        }
        if (LockFiles::site(end($locks)->getPath()) === null) {
            self::yieldToOwnLock($patience, $set);
        }
        $this->keep($command, $set, $locks);
        $this->aftermath->takeOver($locks);
    }

    /**
     * Those that this run has not got yet, and no parent of it has: in one order, so that of two
     * commands that want the same two sites one gets both; that of all backups is the last one.
     *
     * @param string[] $sites
     * @return Lock[]
     */
    private function missing(string $command, array $sites, string $label): array
    {
        sort($sites);
        $locks = array_map(static function (string $site) use ($label): Lock {
            return LockFiles::ofSite($site, $label);
        }, $sites);
        if ($command === Writers::BACKUP && Settings::global() !== Settings::NONE) {
            $locks[] = LockFiles::ofAllBackups($label);
        }
        return array_values(array_filter($locks, function (Lock $lock): bool {
            return !isset($this->held[$lock->getPath()]) && !self::isOfParent($lock);
        }));
    }

    /** An engine does not know who is whose parent, and no backup starts another one. */
    private static function isOfParent(Lock $lock): bool
    {
        foreach ($lock instanceof FileLock ? $lock->getHolders() : [] as $holder) {
            if ($holder->isAncestor()) {
                return true;
            }
        }
        return false;
    }

    /** @param Lock[] $locks */
    private function keep(string $command, LockSet $set, array $locks): void
    {
        if ($this->sets === []) {
            $this->outermost = $command;
            $this->aftermath = new Aftermath($command);
            $this->pid = getmypid();
            register_shutdown_function([$this, 'shutdown']);
        }
        $this->sets[] = $set;
        foreach ($locks as $lock) {
            $this->held[$lock->getPath()] = $lock;
        }
    }

    /**
     * EasyEngine's own lock for all backups is inherited by its archiver, which may outlive a backup that
     * was killed. EasyEngine would then ask for it once a minute; we say who has it, or wait for it.
     */
    private static function yieldToOwnLock(Patience $patience, LockSet $set): void
    {
        $own = BackupFolder::ownGlobalLock();
        if ($own === null) {
            return;
        }
        if (!$patience->acquire($own)) {
            $holders = $own->getHolders();
            $set->release();
            EE::error(Busy::ownGlobalLock($holders), ExitCode::BUSY);
        }
        $own->release();
    }

    /** Says that a lock was taken away, when the command failed and after() was not called. */
    public function shutdown(): void
    {
        // A forked child has the objects, but not the locks.
        if ($this->pid === getmypid() && $this->lost() !== []) {
            EE::warning(self::lostSentence($this->lost()));
        }
    }

    /** @return Lock[] */
    private function lost(): array
    {
        return array_filter($this->held, static function (Lock $lock): bool {
            return !$lock->isAcquired();
        });
    }

    /** @param Lock[] $locks */
    private static function lostSentence(array $locks): string
    {
        $how = array_map(static function (Lock $lock): string {
            return $lock->getPath() . ($lock instanceof FileLock ? ' was removed or replaced while this command had the lock on it' : ' was lost while this command had it');
        }, $locks);
        return implode(' and ', $how) . ', so another one may have worked on the same at the same time: look at the result before you trust it.';
    }
}
