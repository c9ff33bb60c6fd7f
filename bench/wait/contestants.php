<?php

/*
 * What bench/waiting compares, behind one interface. The libraries are the real ones, with their own
 * defaults; PEERS in the environment is where composer put them.
 */

use Illuminate\Cache\FileStore;
use Illuminate\Contracts\Cache\LockTimeoutException;
use Illuminate\Filesystem\Filesystem;
use Sitelock\DirectoryLock;
use Sitelock\FileLock;
use Sitelock\Lock;
use Symfony\Component\Lock\LockFactory;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Store\FlockStore;
use Symfony\Component\Lock\Store\PdoStore;
use Symfony\Component\Lock\Store\SemaphoreStore;

const SECOND = 1000000000;

interface Contestant
{
    public function acquire(): void;

    public function release(): void;
}

interface Impatient extends Contestant
{
    public function acquireWithin(float $seconds): bool;
}

final class Sitelock implements Impatient
{
    private Lock $lock;
    private $onWait;

    public function __construct(Lock $lock, ?callable $onWait = null)
    {
        $this->lock = $lock;
        $this->onWait = $onWait;
    }

    public function acquire(): void
    {
        expect($this->lock->acquire(INF, $this->onWait));
    }

    public function acquireWithin(float $seconds): bool
    {
        return $this->lock->acquire($seconds, $this->onWait);
    }

    /* After an owner that was killed, so that the next hand-off begins as this one did. */
    public function repair(): void
    {
        expect($this->lock->getAbandonedBy() !== []);
        $this->lock->markConsistent();
    }

    public function release(): void
    {
        $this->lock->release();
    }
}

/* flock() as a script writes it. */
final class Native implements Contestant
{
    private string $path;
    private $file;

    public function __construct(string $path)
    {
        $this->path = $path;
    }

    public function acquire(): void
    {
        $this->file = fopen($this->path, 'c+e');
        expect(flock($this->file, LOCK_EX));
    }

    public function release(): void
    {
        flock($this->file, LOCK_UN);
        fclose($this->file);
    }
}

/* And as a script writes it that wants a time-out. */
final class Poller implements Impatient
{
    private string $path;
    private int $interval;
    private $file;

    public function __construct(string $path, int $milliseconds)
    {
        $this->path = $path;
        $this->interval = $milliseconds * 1000;
    }

    public function acquire(): void
    {
        expect($this->acquireWithin(INF));
    }

    public function acquireWithin(float $seconds): bool
    {
        $deadline = microtime(true) + $seconds;
        $this->file = fopen($this->path, 'c+e');
        while (!flock($this->file, LOCK_EX | LOCK_NB)) {
            if (microtime(true) >= $deadline) {
                return false;
            }
            usleep($this->interval);
        }
        return true;
    }

    public function release(): void
    {
        flock($this->file, LOCK_UN);
        fclose($this->file);
    }
}

/* No lock: how late this machine wakes up a PHP script. */
final class Sleeper implements Impatient
{
    public function acquire(): void
    {
    }

    public function acquireWithin(float $seconds): bool
    {
        usleep((int) ($seconds * 1e6));
        return false;
    }

    public function release(): void
    {
    }
}

final class Symfony implements Contestant
{
    private $lock;

    public function __construct(string $path, PersistingStoreInterface $store)
    {
        $this->lock = (new LockFactory($store))->createLock($path, 3600.0);
    }

    public function acquire(): void
    {
        expect($this->lock->acquire(true));
    }

    public function release(): void
    {
        $this->lock->release();
    }
}

final class Laravel implements Impatient
{
    private $lock;

    public function __construct(string $path)
    {
        $store = new FileStore(new Filesystem(), "$path.laravel");
        $this->lock = $store->lock('bench', 3600);
    }

    public function acquire(): void
    {
        expect($this->lock->block(3600));
    }

    public function acquireWithin(float $seconds): bool
    {
        try {
            return $this->lock->block((int) $seconds);
        } catch (LockTimeoutException $e) {
            return false;
        }
    }

    public function release(): void
    {
        expect($this->lock->release());
    }
}

function expect(bool $good): void
{
    if (!$good) {
        throw new RuntimeException('the lock did not do what it should');
    }
}

function load_peers(): void
{
    error_reporting(E_ALL & ~E_DEPRECATED);
    require_once getenv('PEERS') . '/vendor/autoload.php';
    /* Carbon wants the name of this interface and nothing else of its package. */
    if (!interface_exists('Symfony\Component\Clock\ClockInterface')) {
        class_alias('Psr\Clock\ClockInterface', 'Symfony\Component\Clock\ClockInterface');
    }
}

/* SQLite does not go through a fork, so whoever forks calls this in the child. */
function pdo_store(string $path): PdoStore
{
    $pdo = new PDO("sqlite:$path.sqlite");
    $pdo->exec('PRAGMA busy_timeout = 1000');
    $store = new PdoStore($pdo);
    try {
        $store->createTable();
    } catch (Exception $e) {
        /* it is there */
    }
    return $store;
}

function contestant(string $name, string $path): Contestant
{
    $names = explode('-', $name);
    if ($names[0] === 'symfony' || $names[0] === 'laravel') {
        load_peers();
    }
    switch ($name) {
        case 'sitelock':
        case 'sitelock-killed':
            return new Sitelock(new FileLock($path, 'bench'));
        case 'sitelock-directory':
        case 'sitelock-directory-killed':
            return new Sitelock(new DirectoryLock("$path.directory", 'bench'));
        case 'sitelock-callback':
            return new Sitelock(new FileLock($path, 'bench'), static function (): void {
            });
        case 'php':
        case 'php-killed':
            return new Native($path);
        case 'poll-100':
        case 'poll-250':
            return new Poller($path, (int) $names[1]);
        case 'sleep':
            return new Sleeper();
        case 'symfony-flock':
            return new Symfony($path, new FlockStore(dirname($path)));
        case 'symfony-semaphore':
            return new Symfony($path, new SemaphoreStore());
        case 'symfony-pdo':
            return new Symfony($path, pdo_store($path));
        case 'laravel-file':
            return new Laravel($path);
    }
    throw new RuntimeException("no contestant $name");
}

/* A pipe between processes that speaks in 64 bit numbers. */
final class Line
{
    private $from;
    private $to;

    public function __construct()
    {
        [$this->from, $this->to] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        stream_set_read_buffer($this->from, 0);
    }

    public function send(int ...$numbers): void
    {
        fwrite($this->to, pack('q*', ...$numbers));
    }

    public function receive(): int
    {
        $bytes = fread($this->from, 8);
        if (strlen($bytes) !== 8) {
            throw new RuntimeException('the other process is gone');
        }
        return unpack('q', $bytes)[1];
    }
}

function in_child(callable $do): int
{
    $pid = pcntl_fork();
    if ($pid === 0) {
        try {
            $do();
        } catch (Throwable $e) {
            fwrite(STDERR, "$e\n");
            exit(1);
        }
        exit(0);
    }
    return $pid;
}

/* A child that has the lock and keeps it until it is killed, or nobody is left to do that. */
function hold_in_child(string $name, string $path): int
{
    $ready = new Line();
    $parent = getmypid();
    $pid = in_child(static function () use ($name, $path, $ready, $parent): void {
        $lock = contestant($name, $path);
        $lock->acquire();
        $ready->send(0);
        while (posix_getppid() === $parent) {
            sleep(1);
        }
    });
    $ready->receive();
    return $pid;
}

function end_child(int $pid): void
{
    posix_kill($pid, SIGKILL);
    pcntl_waitpid($pid, $status);
}
