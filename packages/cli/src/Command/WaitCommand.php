<?php

declare(strict_types=1);

namespace Sitelock\Cli\Command;

use Sitelock\Cli\Address;
use Sitelock\Cli\Busy;
use Sitelock\Cli\Caller;
use Sitelock\Cli\ExitCode;
use Sitelock\Cli\Interrupted;
use Sitelock\Cli\Interrupts;
use Sitelock\Cli\Supervisor;
use Sitelock\Cli\Text;
use Sitelock\Cli\Waiting;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;

/** Waits until a lock is free, without taking it. */
final class WaitCommand extends LockCommand
{
    private const FIRST_PAUSE = 0.01;
    private const LONGEST_PAUSE = 1.0;

    protected function configure(): void
    {
        $this
            ->setName('wait')
            ->setDescription('Waits until a lock is free, without taking it')
            ->addArgument('address', InputArgument::REQUIRED, self::ADDRESS)
            ->addOption('wait', null, InputOption::VALUE_REQUIRED, self::WAIT . '; without it, forever')
            ->setHelp(<<<'HELP'
                Looks again and again, in the end once a second: a place in the kernel's queue is for who takes
                the lock. So somebody else may have it again when this has ended. To work under the lock, use
                <info>sitelock run --wait=SECONDS</info>, which keeps its place.
                HELP);
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $address = Address::parse($input->getArgument('address'));
        $timeout = self::timeout($input, INF);
        $waiting = new Waiting($timeout);
        try {
            Interrupts::throwFrom(Caller::look());
            $holders = self::holdersAfter($address, $timeout, $waiting);
        } catch (Interrupted $e) {
            $waiting->end();
            Supervisor::dieOf($e->getCode());
        } finally {
            $waiting->end();
        }
        if ($holders === []) {
            return ExitCode::OK;
        }
        Text::say("gave up: $address->text is locked by " . Busy::names($holders));
        return ExitCode::BUSY;
    }

    /** Who still has it when the time is over; [] as soon as it is free. */
    private static function holdersAfter(Address $address, float $timeout, Waiting $waiting): array
    {
        $start = hrtime(true);
        $pause = self::FIRST_PAUSE;
        while (($holders = $address->lock->getHolders()) !== []) {
            $waited = (hrtime(true) - $start) / 1e9;
            if ($waited >= $timeout) {
                break;
            }
            $waiting($address->lock, $waited);
            usleep((int) (min($pause, $timeout - $waited) * 1e6));
            $pause = min($pause * 1.5, self::LONGEST_PAUSE);
        }
        return $holders;
    }
}
