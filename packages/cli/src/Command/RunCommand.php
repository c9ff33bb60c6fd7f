<?php

declare(strict_types=1);

namespace Sitelock\Cli\Command;

use Sitelock\Cli\Address;
use Sitelock\Cli\Caller;
use Sitelock\Cli\ExitCode;
use Sitelock\Cli\Failure;
use Sitelock\Cli\Interrupted;
use Sitelock\Cli\Interrupts;
use Sitelock\Cli\Locks;
use Sitelock\Cli\Program;
use Sitelock\Cli\Supervisor;
use Sitelock\Cli\Text;
use Sitelock\Cli\Waiting;
use Sitelock\LockException;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;

/** Runs a command under locks. Says nothing when all goes well. */
final class RunCommand extends LockCommand
{
    /** @var string[] what stands behind "--"; Symfony counts it among the addresses */
    private array $words = [];
    private bool $separated = false;

    /** @param string[] $argv of this process */
    public function __construct(array $argv)
    {
        parent::__construct('run');
        $separator = array_search('--', $argv, true);
        if ($separator !== false) {
            $this->separated = true;
            $this->words = array_slice($argv, $separator + 1);
        }
    }

    protected function configure(): void
    {
        $this
            ->setDescription('Runs a command under one or more locks')
            ->addArgument('address', InputArgument::REQUIRED | InputArgument::IS_ARRAY, self::ADDRESS . '; shared: before it takes that one shared')
            ->addOption('shared', null, InputOption::VALUE_NONE, 'Take all locks shared: beside other shared owners, not beside an exclusive one')
            ->addOption('wait', null, InputOption::VALUE_REQUIRED, self::WAIT . '; without it, busy is busy')
            ->addOption('label', null, InputOption::VALUE_REQUIRED, 'What the lock is taken for; others read it', '')
            ->addOption('close', null, InputOption::VALUE_NONE, 'Do not let the command keep the lock if sitelock is killed')
            ->addOption('on-abandoned', null, InputOption::VALUE_REQUIRED, 'When an earlier owner left things half done: run, or refuse', 'run')
            ->addOption('conflict-exit-code', null, InputOption::VALUE_REQUIRED, 'What to exit with when a lock is busy', (string) ExitCode::BUSY)
            ->setHelp(<<<'HELP'
                Takes all the locks or none, runs the command, gives them back when it ends, and exits with its
                exit status. It prints nothing unless there is something to say.

                  <info>sitelock run /run/site.lock -- backup example.com</info>
                  <info>sitelock run --wait=600 shared:/run/all.lock /run/site.lock -- backup example.com</info>
                  <info>sitelock run --shared borg:/srv/repo -- rsync -a /srv/repo/ elsewhere:repo/</info>
                  <info>sitelock run --wait=600 postgresql://backup@db/locks#nightly -- backup --all</info>

                If the command fails, or is killed, the next owner is told so in one line, until a command has
                succeeded under the lock. With <info>--on-abandoned=refuse</info> the next one does not run at all; clean
                up, and say so with <info>sitelock mark-consistent</info>.

                The command keeps the lock if sitelock itself is killed with SIGKILL, and so does what the
                command has started. <info>--close</info> prevents that. Under a borg: lock, or one of an engine, the command
                is killed instead.

                Signals are passed on to the command. If it dies of one, so does sitelock, and what the command
                has left running keeps the lock. If it ends by itself, the lock is free.
                HELP);
    }

    public function getSynopsis(bool $short = false): string
    {
        return 'run [options] <address>... -- <command> [<argument>...]';
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $addresses = $this->addresses($input);
        $timeout = self::timeout($input, 0.0);
        $conflict = self::conflictExitCode($input);
        $refuse = self::refuses($input, $addresses);
        $program = Program::find($this->words);
        $dependent = self::thoseThatDependOnUs($addresses);
        if ($input->getOption('close') && count($dependent) === count($addresses)) {
            throw Failure::usage('--close needs a lock that a command can keep: a PATH or dir:PATH');
        }
        if ($dependent !== []) {
            $program = $program->thatDiesWithUs();
        }

        $caller = Caller::look();
        $locks = new Locks($addresses);
        if (!self::acquire($locks, $timeout, $caller)) {
            $remedy = $timeout > 0 ? 'wait longer, or see to it that it ends' : 'wait for it with --wait=SECONDS, or see to it that it ends';
            foreach ($locks->whatIsBusy($remedy) as $sentence) {
                Text::say(($timeout > 0 ? 'gave up: ' : '') . $sentence);
            }
            return $conflict;
        }
        try {
            self::heedAbandoned($locks, $refuse);
            if (!$input->getOption('close')) {
                $locks->setInheritable();
            }
            $status = Supervisor::run($program, $caller);
        } catch (Failure | LockException $e) {
            $locks->release(); // nothing was run
            throw $e;
        }
        return self::end($locks, $status);
    }

    /** @return Address[] */
    private function addresses(InputInterface $input): array
    {
        $all = $input->getArgument('address');
        if (!$this->separated) {
            throw Failure::usage('run needs -- between the addresses and the command: ' . implode(' ', array_map([Text::class, 'word'], ['sitelock', 'run', Address::public($all[0])])) . ' -- COMMAND');
        }
        if ($this->words === []) {
            throw Failure::usage('there is no command after --');
        }
        $texts = array_slice($all, 0, -count($this->words));
        if ($texts === []) {
            throw Failure::usage('there is no address of a lock before --');
        }
        return array_map(static function (string $text) use ($input): Address {
            return Address::parseWithMode($text, $input->getOption('shared'), $input->getOption('label'));
        }, $texts);
    }

    private static function conflictExitCode(InputInterface $input): int
    {
        $code = $input->getOption('conflict-exit-code');
        if (!preg_match('/^\d{1,3}$/D', $code) || $code > 255) {
            throw Failure::usage("--conflict-exit-code takes a number from 0 to 255, not \"$code\"");
        }
        return (int) $code;
    }

    /** @param Address[] $addresses */
    private static function refuses(InputInterface $input, array $addresses): bool
    {
        $answer = $input->getOption('on-abandoned');
        if (!in_array($answer, ['run', 'refuse'], true)) {
            throw Failure::usage("--on-abandoned takes run or refuse, not \"$answer\"");
        }
        foreach ($addresses as $address) {
            if ($address->tellsOfAbandonment()) {
                return $answer === 'refuse';
            }
        }
        if ($answer === 'refuse') {
            throw Failure::usage('--on-abandoned=refuse needs a lock that tells of its last owner: a PATH; the others do not');
        }
        return false;
    }

    /**
     * @param Address[] $addresses
     * @return Address[]
     */
    private static function thoseThatDependOnUs(array $addresses): array
    {
        return array_filter($addresses, static function (Address $address): bool {
            return $address->dependsOnWrapper();
        });
    }

    /** After this signals wait for the Supervisor; a signal that comes before ends the process without a lock. */
    private static function acquire(Locks $locks, float $timeout, Caller $caller): bool
    {
        $waiting = new Waiting($timeout);
        try {
            Interrupts::throwFrom($caller);
            $acquired = $locks->acquire($timeout, $waiting);
            Supervisor::holdSignals();
        } catch (Interrupted $e) {
            $locks->release();
            $waiting->end();
            Supervisor::dieOf($e->getCode());
        } finally {
            $waiting->end();
        }
        return $acquired;
    }

    /** @throws Failure it is refused to run */
    private static function heedAbandoned(Locks $locks, bool $refuse): void
    {
        $abandoned = $locks->abandonedBy();
        foreach ($abandoned as $address => $dead) {
            $sentence = "$address was abandoned by " . implode(' and ', $dead) . ', so what it protects may be half done';
            if ($refuse) {
                throw new Failure(ExitCode::ABANDONED, "not run: $sentence; clean up, then: sitelock mark-consistent " . Text::word($address));
            }
            Text::say("$sentence; running all the same");
        }
    }

    /** The command has ended: gives the locks back and makes its end ours. */
    private static function end(Locks $locks, int $status): int
    {
        if (pcntl_wifexited($status) && pcntl_wexitstatus($status) === ExitCode::OK) {
            return self::endWell($locks);
        }
        foreach ($locks->lost() as $address) {
            Text::say("$address was taken away while the command ran: somebody else may have had it, too");
        }
        // Still held: so the extension tells the next owners,
        if (pcntl_wifexited($status)) {
            exit(pcntl_wexitstatus($status));
        }
        // and what a command that was killed has left running keeps the locks, where it can.
        try {
            $locks->releaseWhatDependsOnUs();
        } catch (LockException $e) {
            Text::say($e->getMessage());
        }
        Supervisor::dieOf(pcntl_wtermsig($status));
    }

    private static function endWell(Locks $locks): int
    {
        try {
            $locks->markConsistent();
            $locks->release();
        } catch (LockException $e) {
            Text::say("the command succeeded, but {$e->getMessage()}");
            return ExitCode::LOST;
        }
        return ExitCode::OK;
    }
}
