<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Real;

use PDO;
use RuntimeException;

/** The real ee in its sandbox, and the stand-ins and the probe, which do what they are told. */
final class Ee
{
    public const ROOT = '/opt/easyengine';
    public const LOCKS = self::ROOT . '/locks';

    private string $sandbox;
    /** @var array<string, string> */
    private array $environment;
    /** @var array<string, resource> */
    private array $fifos = [];
    /** @var Running[] */
    private array $started = [];
    /** @var int[] */
    private array $stopped = [];

    public function __construct(string $sandbox, bool $bare)
    {
        $this->sandbox = $sandbox;
        $this->environment = ['PATH' => getenv('PATH')];
        if (!$bare) {
            $this->environment += ['HOME' => getenv('HOME'), 'USER' => 'root', 'EE_PACKAGES_DIR' => self::ROOT . '/packages'];
        }
    }

    /** @param array<string, string> $more in its environment */
    public function start(string $words, array $more = [], string $folder = '/'): Running
    {
        return $this->started[] = new Running("ee $words", $folder, $more + $this->environment);
    }

    /** @param array<string, string> $more in its environment */
    public function run(string $words, array $more = [], string $folder = '/'): Running
    {
        return $this->start($words, $more, $folder)->wait();
    }

    /** Without the package. */
    public function plain(string $words): Running
    {
        rename(self::ROOT . '/packagesvendor', self::ROOT . '/packagesvendor.away');
        try {
            return $this->start($words, ['EE_PACKAGES_DIR' => '/nowhere']);
        } finally {
            // It is loaded before the first program is started, and the caller stops it in one.
            $this->started[count($this->started) - 1]->says('/./');
            rename(self::ROOT . '/packagesvendor.away', self::ROOT . '/packagesvendor');
        }
    }

    /** What a stand-in, or the probe, will do the next time. */
    public function arm(string $who, string $word): void
    {
        file_put_contents("$this->sandbox/control/$who", $word);
    }

    /** Waits until it does it; its pid. It goes on when it is told to. */
    public function stoppedIn(string $who): int
    {
        $up = $this->fifo("$who.up");
        $none = null;
        $read = [$up];
        if (stream_select($read, $none, $none, 60) !== 1) {
            throw new RuntimeException("$who was never called");
        }
        return $this->stopped[] = (int) fgets($up);
    }

    public function goOn(string $who): void
    {
        fwrite($this->fifo("$who.go"), "\n");
    }

    /** A backup that is stopped in its archiver. */
    public function stoppedBackup(string $site): Running
    {
        $this->arm('7z', 'wait');
        $backup = $this->start("site backup $site");
        $this->stoppedIn('7z');
        return $backup;
    }

    public function folder(string $site): string
    {
        return self::ROOT . "/sites/$site/app/htdocs";
    }

    public function lockFile(string $site): string
    {
        return self::LOCKS . "/sites/$site.lock";
    }

    public function sql(string $statement): void
    {
        (new PDO('sqlite:' . self::ROOT . '/db/ee.sqlite'))->exec($statement);
    }

    /** Ends everything that a scenario left. */
    public function dispose(): void
    {
        foreach ($this->stopped as $pid) {
            posix_kill($pid, SIGKILL);
        }
        foreach ($this->started as $running) {
            $running->end();
        }
        $this->started = $this->stopped = [];
        array_map('unlink', glob("$this->sandbox/control/*.taken"));
    }

    /** @return resource open for both, so that nobody waits in opening it */
    private function fifo(string $name)
    {
        return $this->fifos[$name] = $this->fifos[$name] ?? fopen("$this->sandbox/control/$name", 'r+');
    }
}
