<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\Cli\Command\BreakCommand;
use Sitelock\Cli\Command\MarkConsistentCommand;
use Sitelock\Cli\Command\RunCommand;
use Sitelock\Cli\Command\StatusCommand;
use Sitelock\Cli\Command\WaitCommand;
use Symfony\Component\Console\Application as Console;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Command\CompleteCommand;
use Symfony\Component\Console\Command\DumpCompletionCommand;
use Symfony\Component\Console\Command\HelpCommand;
use Symfony\Component\Console\Command\ListCommand;
use Symfony\Component\Console\CommandLoader\FactoryCommandLoader;
use Symfony\Component\Console\Exception\ExceptionInterface;
use Symfony\Component\Console\Helper\DescriptorHelper;
use Symfony\Component\Console\Input\ArgvInput;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\ConsoleOutput;
use Symfony\Component\Console\Output\OutputInterface;

/** The command sitelock, with help, completion and all that Symfony does for it. */
final class Application extends Console
{
    public const VERSION = '0.5.0';

    private const ABOUT = <<<'TEXT'
        Runs commands under locks that cannot go stale, and says who has them. A lock is written as

          <info>PATH</info>                a file, and nothing else is in it; the usual kind. It is free when its owner dies,
                              and the next one is told if that one failed
          <info>dir:PATH</info>            a directory, for file systems whose locks do not reach all hosts
          <info>borg:REPOSITORY</info>     a repository of borg 1, locked as borg locks it; a folder of this machine
          <info>ENGINE://HOST#NAME</info>  a name on a server that many machines reach: postgresql:// or redis://

        A path with a colon before its first slash is written ./a:b. Several locks are taken all at once,
        in any order, without a deadlock.
        TEXT;

    /** @var string[] */
    private array $argv;

    /** @param string[] $argv of this process */
    public function __construct(array $argv)
    {
        parent::__construct('sitelock', self::VERSION);
        $this->argv = $argv;
        $this->setCommandLoader(new FactoryCommandLoader([
            'run' => static function () use ($argv): Command {
                return new RunCommand($argv);
            },
            'status' => self::maker(StatusCommand::class),
            'wait' => self::maker(WaitCommand::class),
            'break' => self::maker(BreakCommand::class),
            'mark-consistent' => self::maker(MarkConsistentCommand::class),
            'list' => self::maker(ListCommand::class),
            'help' => self::maker(HelpCommand::class),
            'completion' => self::maker(DumpCompletionCommand::class),
            '_complete' => self::maker(CompleteCommand::class),
        ]));
    }

    /** @throws Failure also for what Symfony calls wrong use */
    public function run(?InputInterface $input = null, ?OutputInterface $output = null): int
    {
        $input = $input ?? new ArgvInput($this->argv);
        $output = $output ?? new ConsoleOutput();
        $this->configureIO($input, $output);
        try {
            return $this->doRun($input, $output);
        } catch (ExceptionInterface $e) {
            throw Failure::usage(preg_replace('/\s+/', ' ', $e->getMessage()));
        }
    }

    public function getHelp(): string
    {
        return $this->getLongVersion() . "\n\n" . self::ABOUT;
    }

    /** The help of the command that was meant, or of all, on standard error. */
    public function explain(): void
    {
        try {
            $about = $this->find((string) (new ArgvInput($this->argv))->getFirstArgument());
            $about->mergeApplicationDefinition(false);
        } catch (ExceptionInterface $e) {
            $about = $this;
        }
        (new DescriptorHelper())->describe((new ConsoleOutput())->getErrorOutput(), $about);
    }

    protected function configureIO(InputInterface $input, OutputInterface $output): void
    {
        $verbosity = getenv('SHELL_VERBOSITY');
        parent::configureIO($input, $output);
        Text::$quiet = $output->isQuiet();
        if (!stream_isatty(STDIN)) {
            $input->setInteractive(false);
        }
        // It says it to the environment, too, which the command inherits.
        putenv($verbosity === false ? 'SHELL_VERBOSITY' : "SHELL_VERBOSITY=$verbosity");
    }

    /** All commands are made when they are wanted. */
    protected function getDefaultCommands(): array
    {
        return [];
    }

    private static function maker(string $class): callable
    {
        return static function () use ($class): Command {
            return new $class();
        };
    }
}
