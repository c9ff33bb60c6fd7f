<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\Cli\Command\RunCommand;
use Sitelock\LockException;
use Symfony\Component\Console\Exception\ExceptionInterface;
use Symfony\Component\Console\Input\ArgvInput;
use Symfony\Component\Console\Output\NullOutput;

/** Where the program begins and ends. */
final class Main
{
    /**
     * @param string[] $argv of this process
     * @return int what to exit with
     */
    public static function main(array $argv): int
    {
        error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
        ini_set('display_errors', 'stderr');
        ini_set('log_errors', '0');
        StandardStreams::fill();
        try {
            return self::runAlone($argv) ?? (new Application($argv))->run();
        } catch (Interrupted $e) {
            Supervisor::dieOf($e->getCode());
        } catch (Failure $e) {
            if ($e->getCode() === ExitCode::USAGE) {
                Text::$quiet = false;
                (new Application($argv))->explain();
            }
            Text::say($e->getMessage());
            return $e->getCode();
        } catch (LockException $e) {
            Text::say(self::inWordsOfAShell($e->getMessage()));
            return ExitCode::SYSTEM;
        }
    }

    /** The extension tells a PHP script what to do, which here is another thing. */
    private static function inWordsOfAShell(string $message): string
    {
        return preg_replace(
            '/^(.*)( belongs to .*), give \$permissions with .*$/sD',
            '$1$2, let root make it: install -g GROUP -m 660 /dev/null $1',
            $message
        );
    }

    /**
     * The command run without the application around it, which takes time to load.
     *
     * @param string[] $argv
     * @return int|null null: something else is wanted, or it is wrong
     */
    private static function runAlone(array $argv): ?int
    {
        if (($argv[1] ?? '') !== 'run') {
            return null;
        }
        $command = new RunCommand($argv);
        try {
            $input = new ArgvInput(array_slice($argv, 1), $command->getDefinition());
            $input->validate();
        } catch (ExceptionInterface $e) {
            return null;
        }
        return $command->run($input, new NullOutput());
    }
}
