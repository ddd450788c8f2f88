import asyncio, faulthandler, sys, traceback
from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.testing import served
import random
async def test_loop(databases, settings_for, clock, broker):
    url=databases.new("gateway")
    for i in range(150):
        app=create_app(settings_for(GatewaySettings,url, **({"nats_url":broker.url()} if i%3==0 else {})),clock)
        async def one():
            async with served(app) as u:
                await asyncio.sleep(random.random()*1.3)
        t=asyncio.create_task(one())
        done,p=await asyncio.wait([t],timeout=20)
        if p:
            print("HANG at",i)
            for x in asyncio.all_tasks(): 
                print("TASK", x.get_name(), x.cancelling()); x.print_stack(limit=6,file=sys.stdout)
            raise SystemExit
