<?php

// routes/console.php

use App\Console\Commands\ImportPrices;
use Illuminate\Console\Scheduling\Schedule;

app(Schedule::class)->command(ImportPrices::class)
    ->everyMinute()
    ->skip(fn () => ImportPrices::lock()->getHolders() !== []) // or else each busy minute is a failed task
    ->appendOutputTo(storage_path('logs/import-prices.log'));
