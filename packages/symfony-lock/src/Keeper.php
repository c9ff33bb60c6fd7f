<?php

declare(strict_types=1);

namespace Sitelock\Symfony;

use Composer\Autoload\ClassLoader;
use Exception;
use Phar;
use ReflectionClass;
use Sitelock\FileLock;
use Sitelock\LockException;
use Sitelock\SystemException;
use Sitelock\UnsupportedException;
use Symfony\Component\Lock\Key;

/**
 * Keeps a lock that expires, in a process of its own: puts the end off every third of its time, for as
 * long as the process that has the lock lives, and gives it back when that dies.
 *
 * It knows that by a file, which the owner keeps locked. It is not a child of the owner, who may wait for
 * children of his own, and Ctrl-C does not reach it.
 */
final class Keeper
{
    private const PATIENCE = 10;
    private const KEPT = "kept\n";

    /** What is deprecated in a newer PHP is no reason to say anything else than that the lock is kept. */
    private const CODE = 'error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);'
        . '$argv[2] === "" || Phar::loadPhar($argv[2]); require $argv[1]; ' . self::class . '::run();';

    /** Its standard input is a pipe, since everybody can read a command line. */
    private const SHELL = '"$@" <&3 3<&- 2>&1 &';

    private FileLock $owner;

    private function __construct(FileLock $owner)
    {
        $this->owner = $owner;
    }

    /**
     * @param Key $key has the lock
     * @throws UnsupportedException no such process can be started from here
     * @throws SystemException it does not reach the lock
     */
    public static function start(string $address, Key $key, float $ttl): self
    {
        $autoload = self::autoload();
        if (PHP_SAPI !== 'cli' || !function_exists('proc_open') || $autoload === null) {
            throw new UnsupportedException('a lock that expires is kept by a process of its own, which only a PHP of the command line can start, with proc_open and Composer\'s autoloader');
        }
        $path = sys_get_temp_dir() . '/sitelock-keeper-' . bin2hex(random_bytes(8)) . '.lock';
        $keeper = new self(self::owner($path));
        $keeper->owner->acquire();
        $answer = self::tell($autoload, serialize([$address, $key, $ttl, $path]));
        if ($answer !== self::KEPT) {
            $keeper->end();
            throw new SystemException('no process can be had that keeps the lock: ' . trim($answer));
        }
        return $keeper;
    }

    public function end(): void
    {
        try {
            $this->owner->remove();
        } catch (LockException $e) {
            // Whatever became of the file, the lock in it is given back.
        }
    }

    /** Starts one, and returns the line that it says when it has the lock, or whatever else it says before it ends. */
    private static function tell(string $autoload, string $request): string
    {
        // A phar whose name does not say that it is one has to be loaded before it can be read.
        $phar = strncmp($autoload, 'phar://', 7) === 0 ? Phar::running(false) : '';
        $words = ['sh', '-c', self::SHELL, 'sh', PHP_BINARY, '-r', self::CODE, '--', $autoload, $phar];
        $shell = proc_open($words, [1 => ['pipe', 'w'], 3 => ['pipe', 'r']], $pipes);
        if ($shell === false) {
            return 'no process can be had';
        }
        fwrite($pipes[3], $request);
        fclose($pipes[3]);
        $answer = self::read($pipes[1]);
        fclose($pipes[1]);
        proc_close($shell);
        return $answer;
    }

    /** @param resource $pipe */
    private static function read($pipe): string
    {
        stream_set_blocking($pipe, false);
        $answer = '';
        for ($end = hrtime(true) + 1e9 * self::PATIENCE; $answer !== self::KEPT && !feof($pipe) && hrtime(true) < $end;) {
            $read = [$pipe];
            $none = null;
            @stream_select($read, $none, $none, 0, 200000); // a signal interrupts it
            $answer .= stream_get_contents($pipe);
        }
        return $answer;
    }

    /** All that the process does. */
    public static function run(): void
    {
        self::standAlone();
        [$address, $key, $ttl, $path] = unserialize(stream_get_contents(STDIN));
        $engine = Address::parse($address)->engine($ttl);
        fwrite(STDOUT, $engine->has($key) ? self::KEPT : 'it is lost already');
        fclose(STDOUT);
        fclose(STDERR);
        $owner = self::owner($path);
        while (!$owner->acquire($ttl / 3)) {
            try {
                if (!$engine->has($key)) {
                    return;
                }
            } catch (Exception $e) {
                $engine->disconnect(); // it may come back in time
            }
            touch($path); // who tidies up /tmp takes what is old
        }
        try {
            $engine->getStore()->delete($key);
        } finally {
            $owner->remove();
        }
    }

    /** The file that loads these classes: beside the vendors, or that of the project which has a link to them. */
    private static function autoload(): ?string
    {
        $files = [dirname(__DIR__, 3) . '/autoload.php'];
        if (class_exists(ClassLoader::class)) {
            $files[] = dirname((new ReflectionClass(ClassLoader::class))->getFileName(), 2) . '/autoload.php';
        }
        return array_values(array_filter($files, 'is_file'))[0] ?? null;
    }

    private static function owner(string $path): FileLock
    {
        return new FileLock($path, 'owner of a lock that expires', 0600, false);
    }

    /** Lives and dies with the owner, and with nobody else. */
    private static function standAlone(): void
    {
        if (function_exists('posix_setsid')) {
            posix_setsid();
        }
        if (function_exists('pcntl_signal')) {
            foreach ([SIGHUP, SIGINT, SIGTERM] as $signal) {
                pcntl_signal($signal, SIG_IGN);
            }
        }
    }
}
