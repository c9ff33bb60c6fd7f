<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Real;

use Sitelock\FileLock;

/** The scenarios, each on sites that the ones before have left in order. */
final class Scenarios
{
    public const ALL = [
        1 => ['writersAreRefused', 'while a backup runs, what else changes the site is refused at once'],
        2 => ['othersAreUnaffected', 'other sites and reading commands are not'],
        3 => ['failedUpload', 'an upload fails: the retry succeeds at once and is told'],
        4 => ['archiverOutlivesBackup', 'a backup is killed and its archiver lives: the lock is free'],
        5 => ['daemon', 'a daemon started under the lock lives: the lock is free'],
        6 => ['infoDuringBackup', 'site info leaves the lock alone'],
        7 => ['nestedReload', 'a restore reloads the site under its own lock, and keeps it'],
        8 => ['children', 'a child ee passes, a stranger does not'],
        9 => ['restoreAfterKill', 'a restore after a killed backup throws the half archive away'],
        10 => ['badEnds', 'however a command ends, the lock is free and the next one told why'],
        11 => ['forks', 'forked children neither free the lock nor keep it'],
        12 => ['signalsWhileWaiting', 'SIGTERM and SIGINT end a wait at once'],
        13 => ['handOver', 'who waits has the lock less than 10 ms after the owner ended'],
        14 => ['robbed', 'the lock file is removed or replaced: nobody ends on the old one, the owner is told'],
        15 => ['renewAll', 'ssl-renew --all skips the busy site, and says so'],
        16 => ['crossing', 'copying there and back at once: no deadlock'],
        17 => ['names', 'folder, address, slash: one lock'],
        18 => ['noLock', 'read-only, full disk, symbolic link: an error'],
        19 => ['noExtension', 'without the extension nothing is changed, and it says so'],
    ];

    private const BUSY = 75;
    private const CHANGED = '/Reloading|Enabling|Success/';

    private Ee $ee;

    public function __construct(Ee $ee)
    {
        $this->ee = $ee;
    }

    /** An EasyEngine that is set up, with sites that have each been backed up. */
    public function prepare(): void
    {
        $checks = new Checks();
        $this->ee->run('site list'); // it migrates
        foreach (['one.test' => 'html', 'two.test' => 'html', 'shop.test' => 'php --with-db', 'blog.test' => 'wp', 'copy.test' => 'wp'] as $site => $type) {
            $checks->ended($this->ee->run("site create $site --type=$type --skip-status-check"), 0);
        }
        foreach (['one.test', 'two.test'] as $site) {
            $this->fill($site, 'whole');
            $checks->ended($this->ee->run("site backup $site"), 0);
        }
        $checks->ended($this->ee->run('config set le-mail me@one.test'), 0);
        if ($checks->failures() !== []) {
            fwrite(STDERR, 'cannot set EasyEngine up: ' . implode("\n", $checks->failures()) . "\n");
            exit(1);
        }
    }

    public function writersAreRefused(Checks $checks): void
    {
        $backup = $this->ee->stoppedBackup('one.test');
        $slowest = 0.0;
        foreach (['restore one.test', 'delete one.test --yes', 'update one.test --proxy-cache=on', 'backup one.test', 'reload one.test',
            'refresh one.test', 'restart one.test', 'clean one.test', 'enable one.test --force', 'disable one.test'] as $words) {
            $refused = $this->ee->run("site $words");
            $checks->ended($refused, self::BUSY, $this->namesHolder('one.test', $backup));
            $slowest = max($slowest, $refused->seconds);
        }
        $checks->that($slowest < 1.0, "the slowest took $slowest s");
        $checks->ended($this->ee->run('site backup two.test'), self::BUSY, "/^Error: Backups are locked by pid $backup->pid /m");
        $this->ee->goOn('7z');
        $checks->ended($backup, 0);
        $checks->saw(sprintf('10 commands refused, the slowest after %d ms, and the backup of another site', $slowest * 1000));
    }

    public function othersAreUnaffected(Checks $checks): void
    {
        $backup = $this->ee->stoppedBackup('one.test');
        $checks->ended($this->ee->run('site restore two.test'), 0, '/Success: Site restored/');
        $this->toggleProxyCache($checks, 'two.test');
        foreach (['site backup --list one.test', 'site info one.test', 'site list', 'lock status'] as $words) {
            $checks->ended($this->ee->run($words), 0);
        }
        $this->ee->goOn('7z');
        $checks->ended($backup, 0);
        $checks->saw('restore and update of another site, --list, info, list');
    }

    public function failedUpload(Checks $checks): void
    {
        $this->ee->arm('rclone', 'fail');
        $checks->ended($this->ee->run('site backup one.test'), 1, '/Error uploading backup/');
        $checks->that(file_exists(Ee::ROOT . '/.backup/one.test.lock'), 'EasyEngine has left no lock of its own: this shows nothing');
        $checks->ended($this->ee->run('site backup one.test'), 0, '/"ee site backup one.test" .* did not end well: exit status 1\./', '/Discarding/');
        $this->isQuiet($checks, 'one.test');
        $checks->saw("the retry was told \"exit status 1\", and not kept out by EasyEngine's own stale lock");
    }

    public function archiverOutlivesBackup(Checks $checks): void
    {
        $this->ee->arm('7z', 'wait');
        $backup = $this->ee->start('site backup one.test');
        $archiver = $this->ee->stoppedIn('7z');
        $backup->kill();
        $backup->wait();
        $open = array_map('readlink', glob("/proc/$archiver/fd/*"));
        $checks->that(posix_kill($archiver, 0), 'the archiver has died: this shows nothing');
        $checks->that(preg_grep('{^' . Ee::LOCKS . '}', $open) === [], 'the archiver has the descriptor of our lock');
        // The control: EasyEngine opens its own lock with "c+".
        $checks->that(preg_grep('{/backup-global\.lock$}', $open) !== [], 'the archiver has not the descriptor of EasyEngine\'s lock either');
        $checks->that(!flock(fopen(Ee::ROOT . '/.backup/backup-global.lock', 'c+'), LOCK_EX | LOCK_NB), 'the control was free');

        $checks->ended($this->ee->run('site backup one.test'), self::BUSY, "/EasyEngine's own lock of all backups is kept by .*pid $archiver \\(\".*7z a .*left behind/");
        $this->toggleProxyCache($checks, 'one.test', '/did not end well: killed or crashed/');
        $restore = $this->ee->run('site restore one.test');
        $checks->ended($restore, 0, '/did not end well: killed or crashed/', '/Success: Site restored/');
        $checks->that(posix_kill($archiver, 0), 'the archiver has died meanwhile');
        $this->ee->goOn('7z');
        $checks->ended($this->ee->run('site backup one.test', ['EE_SITELOCK_WAIT' => '60']), 0);
        $checks->saw(sprintf('update and restore (in %.1f s) beside the archiver, which has EasyEngine\'s descriptor and not ours', $restore->seconds));
    }

    public function daemon(Checks $checks): void
    {
        $this->ee->arm('7z', 'daemon');
        $backup = $this->ee->start('site backup one.test');
        $daemon = $this->ee->stoppedIn('7z');
        $checks->ended($backup, 0);
        $checks->that(posix_kill($daemon, 0), 'the daemon has died: this shows nothing');
        $checks->that($this->lock('one.test')->getHolders() === [], 'the lock is held');
        $this->isQuiet($checks, 'one.test');
        $checks->saw("daemon $daemon alive, nobody has the lock");
    }

    public function infoDuringBackup(Checks $checks): void
    {
        $backup = $this->ee->stoppedBackup('one.test');
        $own = Ee::ROOT . '/.backup/one.test.lock';
        $checks->that(file_exists($own), 'EasyEngine has no lock of its own: this shows nothing');
        $checks->ended($this->ee->run('site info one.test'), 0);
        $checks->that(!file_exists($own), 'EasyEngine has left its own lock alone: this shows nothing');
        $checks->that($this->holder('one.test') === $backup->pid, 'the backup has lost the lock');
        $checks->ended($this->ee->run('site restore one.test'), self::BUSY, $this->namesHolder('one.test', $backup));
        $this->ee->goOn('7z');
        $checks->ended($backup, 0);
        $checks->saw("EasyEngine's own lock went, ours was held");
    }

    public function nestedReload(Checks $checks): void
    {
        $this->ee->arm('probe', 'after_invoke:site reload: stop');
        $restore = $this->ee->start('site restore one.test');
        $checks->that($this->ee->stoppedIn('probe') === $restore->pid, 'somebody else has reloaded');
        $checks->that($this->holder('one.test') === $restore->pid, 'it has given back the lock');
        $checks->ended($this->ee->run('site reload one.test'), self::BUSY, $this->namesHolder('one.test', $restore, 'restore'));
        $this->ee->goOn('probe');
        $checks->ended($restore, 0, '/Success: Site restored/');
        $checks->saw('held after the reload, and to the end');
    }

    public function children(Checks $checks): void
    {
        $this->ee->arm('probe', 'before_invoke:site update: child');
        $update = $this->ee->start('site update one.test --proxy-cache=on');
        $this->ee->stoppedIn('probe');
        $checks->that((bool) preg_match('/^0 from its child$/m', $update->said()), "its child was refused:\n$update->output");
        $checks->ended($this->ee->run('site reload one.test'), self::BUSY, $this->namesHolder('one.test', $update, 'update', '--proxy-cache=on'));
        $this->ee->goOn('probe');
        $checks->ended($update, 0);
        $this->ee->run('site update one.test --proxy-cache=off');

        $checks->ended($this->ee->run('site clone blog.test new.test'), 0, '/Success: Site cloned/');
        $checks->ended($this->ee->run('site delete new.test --yes'), 0);
        $checks->that(!file_exists($this->ee->lockFile('new.test')), 'the lock of a deleted site is still there');
        $checks->saw('ee site reload under ee site update, and ee site create under ee site clone');
    }

    public function restoreAfterKill(Checks $checks): void
    {
        $this->killedInMidArchive($checks, 'one.test', false);
        $this->toggleProxyCache($checks, 'one.test', '/"ee site backup one.test" .* killed or crashed/');
        $checks->ended($this->ee->run('site restore one.test'), 0, '/killed or crashed/', '/Discarding/', '/Success: Site restored/');
        $checks->that($this->isFilled('one.test', 'whole'), 'the site is not what was backed up');
        $this->isQuiet($checks, 'one.test');

        $this->killedInMidArchive($checks, 'one.test', false);
        $checks->ended($this->ee->run('site backup one.test'), 0, '/killed or crashed/', '/Discarding/');
        $this->isQuiet($checks, 'one.test');

        // The control: without the package, and with EasyEngine's lock freed as it would free itself.
        $this->killedInMidArchive($checks, 'two.test', true);
        unlink(Ee::ROOT . '/.backup/two.test.lock');
        $checks->ended($this->ee->plain('site restore two.test'), 0, '/Success: Site restored/');
        $checks->that(!$this->isFilled('two.test', 'whole'), 'the control has restored it as well');
        $checks->ended($this->ee->run('site restore two.test'), 0);
        $checks->that($this->isFilled('two.test', 'whole'), 'two.test was not put in order again');
        $checks->saw('told, also after an update in between; the site whole. Without the package: "restored", and empty');
    }

    public function badEnds(Checks $checks): void
    {
        $ends = ['fatal' => 'fatal error', 'memory' => 'memory limit', 'throw' => 'uncaught RuntimeException', 'exit' => 'exit status 3'];
        foreach ($ends as $action => $end) {
            $this->ee->arm('probe', "before_invoke:site update: $action");
            $update = $this->ee->run('site update one.test --proxy-cache=on');
            $checks->that($update->status !== 0, "$action: it exited with 0");
            $checks->that($this->lock('one.test')->getHolders() === [], "$action: the lock is held");
            $checks->ended($this->ee->run('site reload one.test'), 0, "/\"ee site update one.test --proxy-cache=on\" .* did not end well: $end\./");
            $checks->ended($this->ee->run('lock break one.test --yes'), 0);
            $this->isQuiet($checks, 'one.test');
        }
        $this->ee->arm('probe', 'before_invoke:site reload: throw'); // behind EasyEngine's own shutdown function
        $checks->that($this->ee->run('site restore one.test')->status !== 0, 'the restore exited with 0');
        $checks->ended($this->ee->run('site restart one.test'), 0, '/uncaught RuntimeException/', '/one.test may be half done/');
        $checks->ended($this->ee->run('site backup one.test'), 0, '/uncaught RuntimeException/', '/one.test may be half done/');
        $checks->ended($this->ee->run('site restore one.test'), 0, '/uncaught RuntimeException/');
        $this->isQuiet($checks, 'one.test');
        $checks->saw(implode(', ', $ends));
    }

    public function forks(Checks $checks): void
    {
        $this->ee->arm('probe', 'before_invoke:site update: fork that ends');
        $update = $this->ee->start('site update one.test --proxy-cache=on');
        $this->ee->stoppedIn('probe');
        $checks->that($this->holder('one.test') === $update->pid, 'the child has freed the lock');
        $checks->didNotSay($this->ee->run('site reload one.test'), self::CHANGED);
        $this->ee->goOn('probe');
        $checks->ended($update, 0);

        $this->ee->arm('probe', 'before_invoke:site update: fork that stays');
        $update = $this->ee->start('site update one.test --proxy-cache=off');
        $children = array_diff([$this->ee->stoppedIn('probe'), $this->ee->stoppedIn('probe')], [$update->pid]);
        $update->kill();
        $update->wait();
        $checks->that(count($children) === 1 && posix_kill(reset($children), 0), 'there is no child: this shows nothing');
        $checks->that($this->lock('one.test')->getHolders() === [], 'the child keeps the lock');
        $checks->ended($this->ee->run('site restore one.test'), 0, '/killed or crashed/');
        $checks->saw('held when the child had ended; free when the parent was killed and the child lived');
    }

    public function signalsWhileWaiting(Checks $checks): void
    {
        $backup = $this->ee->stoppedBackup('one.test');
        $slowest = 0.0;
        foreach ([SIGTERM, SIGINT, SIGHUP] as $signal) {
            $first = $this->ee->start('site update one.test --proxy-cache=on', ['EE_SITELOCK_WAIT' => '600']);
            // In its second command a process has the handlers that EasyEngine has installed for its first one.
            $this->ee->arm('probe', 'after_invoke:site reload: reload one.test');
            $second = $this->ee->start('site reload two.test', ['EE_SITELOCK_WAIT' => '600']);
            foreach ([[$first], [$second, '/Reloading/', '/Stopped while it waited/']] as $waits) {
                $running = array_shift($waits);
                $running->says("/^Waiting .* for pid $backup->pid /m");
                $start = microtime(true);
                $running->kill($signal);
                $checks->ended($running, 128 + $signal, ...$waits);
                $slowest = max($slowest, microtime(true) - $start);
            }
        }
        $checks->that($slowest < 0.5, "it took $slowest s");
        $checks->that($this->holder('one.test') === $backup->pid, 'the lock is not held any more');
        $this->ee->goOn('7z');
        $checks->ended($backup, 0);
        $this->isQuiet($checks, 'one.test');
        $checks->saw(sprintf('SIGHUP as well; ended within %d ms, also with EasyEngine\'s own handlers installed', ceil($slowest * 1000)));
    }

    public function handOver(Checks $checks): void
    {
        $sinceKill = $sinceEnd = [];
        for ($round = 0; $round < 5; $round++) {
            $backup = $this->ee->stoppedBackup('one.test');
            $reload = $this->ee->start('site reload one.test', ['EE_SITELOCK_WAIT' => '600']);
            $reload->says('/^Waiting/m');
            usleep(500000); // it has been waiting for a while
            $killed = microtime(true);
            $ended = $backup->end();
            $checks->ended($reload, 0, '/Reloading/');
            $sinceKill[] = sprintf('%.1f', ($this->since('one.test') - $killed) * 1000);
            $sinceEnd[] = sprintf('%.1f', ($this->since('one.test') - $ended) * 1000);
            $this->ee->dispose();
        }
        // Before the parent of the owner hears of its end the kernel may have handed the lock over.
        $checks->that(min($sinceKill) > 0.0 && max($sinceEnd) < 10.0, 'it took ' . implode(', ', $sinceEnd) . ' ms');
        $checks->ended($this->ee->run('site backup one.test'), 0);
        $checks->saw('after the end of the owner ' . implode(', ', $sinceEnd) . ' ms, after the SIGKILL ' . implode(', ', $sinceKill));
    }

    public function robbed(Checks $checks): void
    {
        $file = $this->ee->lockFile('one.test');
        $rob = [
            'removed' => static function () use ($file): void {
                unlink($file);
            },
            'replaced' => static function () use ($file): void {
                touch("$file.new");
                rename("$file.new", $file);
            },
        ];
        foreach ($rob as $how => $doIt) {
            $backup = $this->ee->stoppedBackup('one.test');
            $waiter = $this->ee->start('site reload one.test', ['EE_SITELOCK_WAIT' => '600']);
            $waiter->says('/^Waiting/m');
            $old = fileinode($file);
            $doIt();
            $checks->ended($waiter, 0, '/Reloading/');
            $checks->ended($this->ee->run('site reload one.test'), 0, '/Reloading/');
            clearstatcache();
            $checks->that(fileinode($file) !== $old && strpos(file_get_contents($file), 'ee site reload one.test') !== false, "$how: they have locked the old file");
            $this->ee->goOn('7z');
            $checks->ended($backup, 74, "/$how|removed or replaced while this command had the lock/");
            $checks->ended($this->ee->run('site backup one.test'), 0);
        }
        $this->isQuiet($checks, 'one.test');
        $checks->saw('a waiter and a newcomer have the new file; the backup ends with 74 and says why');
    }

    public function renewAll(Checks $checks): void
    {
        $sites = ['one.test', 'two.test', 'shop.test'];
        foreach ($sites as $site) {
            $this->certify($site);
        }
        $checks->ended($this->ee->run('site ssl-renew --all'), 0, '/(Success: SSL renewal completed.*){3}/s');

        $backup = $this->ee->stoppedBackup('two.test');
        $renewal = $this->ee->run('--debug site ssl-renew --all');
        $checks->ended($renewal, 1, '/(Success: SSL renewal completed.*){2}/s', '/Warning: Skipped two\.test/', $this->namesHolder('two.test', $backup), '/Debug.*--debug site ssl-renew shop\.test|argv:.*ssl-renew shop\.test.*--debug/');
        $checks->that(preg_match_all('/Success: SSL renewal completed/', $renewal->output) === 2, "it has renewed two.test as well:\n$renewal->output");
        $this->ee->goOn('7z');
        $checks->ended($backup, 0);
        $this->ee->sql("UPDATE sites SET site_ssl = ''");
        $checks->saw('two of three completed, one skipped with a warning, exit status 1 (certificates that are still good: there is no Let\'s Encrypt here)');
    }

    public function crossing(Checks $checks): void
    {
        $refused = 0;
        for ($round = 0; $round < 3; $round++) {
            $pair = [$this->ee->start('site sync blog.test copy.test --files'), $this->ee->start('site sync copy.test blog.test --files')];
            $statuses = [$pair[0]->wait()->status, $pair[1]->wait()->status];
            sort($statuses);
            $refused += (int) ($statuses === [0, self::BUSY]);
            $checks->that(in_array($statuses, [[0, 0], [0, self::BUSY]], true), "they ended with {$statuses[0]} and {$statuses[1]}:\n{$pair[0]->output}{$pair[1]->output}");
        }
        $checks->that($refused > 0, 'the pairs have not met: this shows nothing');
        $patient = ['EE_SITELOCK_WAIT' => '50'];
        foreach ([['sync blog.test copy.test --files', 'sync copy.test blog.test --files'], ['clone blog.test fresh.test --files', 'clone fresh.test blog.test --files']] as $number => $words) {
            $pair = [$this->ee->start("site $words[0]", $patient), $this->ee->start("site $words[1]", $patient)];
            $checks->ended($pair[0], 0);
            $checks->ended($pair[1], $number); // one cannot clone to a site that exists
            $checks->that((bool) preg_match('/^Waiting/m', $pair[0]->output . $pair[1]->output), 'neither has waited');
        }
        $checks->ended($this->ee->run('site delete fresh.test --yes'), 0);
        $checks->saw("$refused of 3 pairs met, then one of the two was refused; with a wait both ran, one after the other");
    }

    public function names(Checks $checks): void
    {
        $backup = $this->ee->stoppedBackup('one.test');
        $ways = [['reload', $this->ee->folder('one.test')], ['reload https://one.test/'], ['reload http://one.test'], ['reload one.test/'], ['reload one.test//'],
            ['sync root@localhost:one.test two.test'], ['sync two.test one.test/']];
        foreach ($ways as $way) {
            $checks->ended($this->ee->run("site $way[0]", [], $way[1] ?? '/'), self::BUSY, $this->namesHolder('one.test', $backup));
        }
        $this->ee->goOn('7z');
        $checks->ended($backup, 0);
        $checks->that(glob(Ee::LOCKS . '/sites/*[!a-z.]*') === [], 'there is a lock with an odd name');
        $checks->saw(count($ways) . ' ways to name the site');
    }

    public function noLock(Checks $checks): void
    {
        $locks = Ee::LOCKS;
        $troubles = [
            'Read-only file system' => ["mount --bind $locks $locks && mount -o remount,bind,ro $locks", "umount $locks"],
            'No space left' => ["mount -t tmpfs -o size=16k tmpfs $locks && mkdir $locks/sites && ! cat /dev/zero >$locks/sites/full 2>/dev/null", "umount $locks"],
            'symbolic link' => ["mv $locks/sites/one.test.lock /tmp && ln -s /tmp/nowhere $locks/sites/one.test.lock", "mv /tmp/one.test.lock $locks/sites/"],
        ];
        foreach ($troubles as $word => [$make, $undo]) {
            exec("{ $make; } 2>&1", $output, $status);
            $checks->that($status === 0, "cannot make it $word: " . implode(' ', $output));
            $reload = $this->ee->run('site reload one.test');
            exec($undo);
            $checks->ended($reload, 71, "/^Error: Cannot lock one\.test, so nothing was done: .*$word/m");
            $checks->didNotSay($reload, '/is locked by|Reloading/');
        }
        $checks->that(!file_exists('/tmp/nowhere'), 'the link was followed');
        $this->isQuiet($checks, 'one.test');
        $checks->saw(implode(', ', array_keys($troubles)));
    }

    public function noExtension(Checks $checks): void
    {
        $ini = getenv('SITELOCK_INI');
        rename($ini, "$ini.away");
        try {
            foreach (['site update one.test --proxy-cache=on', 'site backup one.test', 'site ssl-renew --all', 'lock status'] as $words) {
                $refused = $this->ee->run($words);
                $checks->ended($refused, 69, '/^Error: ee .* was not run.*sitelock is not loaded in .*php/m');
                $checks->didNotSay($refused, self::CHANGED);
            }
            foreach (['site list', 'site info one.test', 'site backup --list one.test'] as $words) {
                $checks->ended($this->ee->run($words), 0);
            }
        } finally {
            rename("$ini.away", $ini);
        }
        $checks->saw('writers exit with 69, list, info and --list work');
    }

    /** A backup that is killed with half of its archive written, and the archiver with it. */
    private function killedInMidArchive(Checks $checks, string $site, bool $plain): void
    {
        $this->ee->arm('7z', 'half');
        $backup = $plain ? $this->ee->plain("site backup $site") : $this->ee->start("site backup $site");
        $archiver = $this->ee->stoppedIn('7z');
        $backup->kill();
        posix_kill($archiver, SIGKILL);
        $backup->wait();
        exec('unzip -tq ' . Ee::ROOT . "/.backup/$site/$site.zip 2>&1", $output, $status);
        $checks->that($status !== 0, 'the archive is whole: this shows nothing');
    }

    private function toggleProxyCache(Checks $checks, string $site, string ...$patterns): void
    {
        $checks->ended($this->ee->run("site update $site --proxy-cache=on"), 0, ...$patterns);
        $checks->ended($this->ee->run("site update $site --proxy-cache=off"), 0, ...$patterns);
    }

    /** It is free, and nobody is told of anything. */
    private function isQuiet(Checks $checks, string $site): void
    {
        $reload = $this->ee->run("site reload $site");
        $checks->ended($reload, 0, '/Reloading/');
        $checks->didNotSay($reload, '/did not end well|may be half done/');
    }

    private function namesHolder(string $site, Running $holder, string $command = 'backup', string ...$flags): string
    {
        $label = preg_quote(implode(' ', ["ee site $command $site", ...$flags]), '/');
        return "/^Error: $site is locked by pid $holder->pid \(\"$label\"\) for \d+ s; .*\.$/m";
    }

    private function lock(string $site): FileLock
    {
        return new FileLock($this->ee->lockFile($site));
    }

    private function holder(string $site): ?int
    {
        $holders = $this->lock($site)->getHolders();
        return count($holders) === 1 ? $holders[0]->getPid() : null;
    }

    /** When the last owner got the lock; he may have released it. */
    private function since(string $site): float
    {
        preg_match('/^since (\S+)$/m', file_get_contents($this->ee->lockFile($site)), $match);
        return (float) (new \DateTime($match[1]))->format('U.u');
    }

    private function fill(string $site, string $text): void
    {
        file_put_contents($this->ee->folder($site) . '/index.html', $text);
        file_put_contents($this->ee->folder($site) . '/image', random_bytes(100000));
    }

    private function isFilled(string $site, string $text): bool
    {
        return @file_get_contents($this->ee->folder($site) . '/index.html') === $text && @filesize($this->ee->folder($site) . '/image') === 100000;
    }

    /** A certificate that is good for a year, where EasyEngine keeps those of Let's Encrypt. */
    public function certify(string $site): void
    {
        $folder = Ee::ROOT . "/services/nginx-proxy/acme-conf/certs/$site";
        $key = openssl_pkey_new(['private_key_bits' => 2048]);
        $request = openssl_csr_new(['commonName' => $site], $key);
        openssl_x509_export(openssl_csr_sign($request, null, $key, 365), $certificate);
        @mkdir("$folder/public", 0700, true);
        foreach (['cert', 'chain', 'fullchain'] as $name) {
            file_put_contents("$folder/public/$name.pem", $certificate);
        }
        $this->ee->sql("UPDATE sites SET site_ssl = 'le' WHERE site_url = '$site'");
    }
}
