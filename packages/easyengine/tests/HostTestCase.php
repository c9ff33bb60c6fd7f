<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

use PHPUnit\Framework\TestCase;
use Sitelock\FileLock;

/**
 * Drives the package in a host that replays what EasyEngine did (host/ee.php). PHP is the command for it, of
 * one or more words, MODULE the extension, SCRATCH a folder. PHPUnit itself has the extension, to look on.
 */
abstract class HostTestCase extends TestCase
{
    protected const SITES = ['one.test', 'two.test', 'shop.test', 'blog.test', 'copy.test', 'third.test'];

    protected string $root;
    /** @var Running[] */
    private array $started = [];
    /** @var int[] */
    private array $orphans = [];

    protected function setUp(): void
    {
        $this->root = getenv('SCRATCH') . '/' . bin2hex(random_bytes(4));
        mkdir("$this->root/.backup", 0755, true);
        foreach (self::SITES as $site) {
            mkdir("$this->root/sites/$site/app/htdocs", 0755, true);
        }
        $this->sites([]);
        $this->config([]);
    }

    protected function tearDown(): void
    {
        foreach ($this->orphans as $pid) {
            posix_kill($pid, SIGKILL);
        }
        foreach ($this->started as $running) {
            $running->kill()->wait();
        }
        exec('rm -rf ' . escapeshellarg($this->root));
    }

    /** @param array<string, array> $certificates of some sites: kind, enabled, wildcard */
    protected function sites(array $certificates): void
    {
        file_put_contents("$this->root/sites.json", json_encode(array_map(static function (string $site) use ($certificates): array {
            return array_merge([$site], $certificates[$site] ?? ['', true, false]);
        }, self::SITES)));
    }

    /** @param array<string, mixed> $config of EasyEngine */
    protected function config(array $config): void
    {
        file_put_contents("$this->root/config.json", json_encode($config));
    }

    /**
     * @param string[] $stops hooks behind which it stops
     * @param array<string, string> $environment
     */
    protected function start(string $words, array $stops = [], array $environment = [], string $folder = '/'): Running
    {
        return $this->startCommand($this->command($words), $stops, $environment, $folder);
    }

    /**
     * @param string[] $stops hooks behind which it stops
     * @param array<string, string> $environment
     */
    protected function startCommand(string $command, array $stops = [], array $environment = [], string $folder = '/'): Running
    {
        $environment += ['EE_ROOT_DIR' => $this->root, 'EE_STOPS' => implode("\n", $stops), 'EE_SITELOCK_WAIT' => '', 'EE_SITELOCK_GLOBAL' => ''];
        return $this->started[] = new Running($command, $folder, $environment);
    }

    protected function command(string $words, bool $extension = true): string
    {
        return getenv('PHP') . ($extension ? ' -d extension=' . getenv('MODULE') : '') . ' ' . __DIR__ . "/host/ee.php $words";
    }

    /** @param array<string, string> $environment */
    protected function ee(string $words, array $environment = [], string $folder = '/'): Running
    {
        return $this->start($words, [], $environment, $folder)->wait();
    }

    /** In the middle of its work. */
    protected function worker(string $words): Running
    {
        $hook = 'before_invoke:' . implode(' ', array_slice(explode(' ', $words), 0, 2));
        return $this->start($words, [$hook])->at($hook);
    }

    /** One that was killed in the middle of its work. */
    protected function killed(string $words): Running
    {
        return $this->worker($words)->kill()->wait();
    }

    protected function orphan(Running $worker): int
    {
        return $this->orphans[] = (int) $worker->tell('orphan')->until('/^orphan (\d+)$/m');
    }

    protected function lock(string $site): FileLock
    {
        return new FileLock("$this->root/locks/sites/$site.lock");
    }

    /** @return array<string, int|null> who has which lock, by the name of its file */
    protected function holders(): array
    {
        $holders = [];
        foreach (array_merge(glob("$this->root/locks/*.lock"), glob("$this->root/locks/sites/*.lock")) as $path) {
            foreach ((new FileLock($path))->getHolders() as $holder) {
                $holders[basename($path, '.lock')] = $holder->getPid();
            }
        }
        ksort($holders);
        return $holders;
    }

    /** It ended with this status, and printed this. */
    protected static function assertEnded(int $status, Running $running, string ...$patterns): void
    {
        $running->wait();
        self::assertSame($status, $running->status, $running->output);
        foreach ($patterns as $pattern) {
            self::assertMatchesRegularExpression($pattern, $running->output);
        }
    }

    /** A command on the site is told nothing. */
    protected function assertQuiet(string $site): void
    {
        $words = ['one.test' => 'site reload one.test', 'two.test' => 'site reload two.test'][$site];
        $reload = $this->ee($words);
        self::assertSame([0, ''], [$reload->status, $reload->output]);
    }

    protected static function refusal(string $site, Running $holder, string $label): string
    {
        $sentence = preg_quote("Error: $site is locked by pid $holder->pid (\"$label\") for ", '/');
        return "/^$sentence\\d+ s; try again when it has ended, or wait for it with EE_SITELOCK_WAIT=SECONDS\\.$/m";
    }
}
